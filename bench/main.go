package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"

	"harang.dev/harang/bench/peer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the peers, or serves as one.
func run(ctx context.Context, args []string, in io.Reader, out, progress io.Writer) (err error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(progress)
	chosen := flags.String("scenario", "all",
		"`names` of scenarios, by commas; libraries are those of the libraries, programs those of the whole programs: "+
			strings.Join(names(allScenarios(), scenario.id), ", "))
	peers := flags.String("peers", "all", "`names` of peers, by commas: "+strings.Join(names(peerSpecs,
		peerSpec.id), ", "))
	programs := flags.String("programs", "all", "`names` of whole programs, by commas: "+
		strings.Join(names(programSpecs, programSpec.id), ", "))
	flags.IntVar(&s.Seconds, "seconds", 10, "how long deliveries are measured")
	flags.IntVar(&s.Rounds, "rounds", 3, "how often each whole program is measured, by turns")
	flags.StringVar(&s.Centrifugo, "centrifugo", "../bin/centrifugo", "the `program` Centrifugo")
	flags.StringVar(&s.Story, "story", "node/story.mjs", "the `server` of the story's plan, for Node.js")
	flags.StringVar(&s.Harang, "harang", "../bin/harang", "the `program`")
	flags.StringVar(&s.Node, "node", "node/server.mjs", "the Socket.IO `server` for Node.js")
	flags.StringVar(&s.Profile, "profile", "",
		"a `folder` for CPU profiles of the peers; they cost time, so don't keep the figures")
	write := flags.String("write", "", "a Markdown `file` that also gets the tables, between its markers")
	server := flags.String("peer", "", "serve as the peer of this `name`")
	profile := flags.String("cpuprofile", "", "with -peer: a `file` for its CPU profile")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *server != "" {
		return serve(ctx, *server, *profile, in, out)
	}
	if s.Seconds < 1 || s.Seconds > 60 {
		return errors.New("-seconds is from 1 to 60")
	}
	if s.Rounds < 1 || s.Rounds > 20 {
		return errors.New("-rounds is from 1 to 20")
	}
	plans, err := chooseScenarios(*chosen)
	if err != nil {
		return err
	}
	chosenPeers, err := choose(*peers, peerSpecs, peerSpec.id)
	if err != nil {
		return err
	}
	chosenPrograms, err := choose(*programs, programSpecs, programSpec.id)
	if err != nil {
		return err
	}
	isLibrary := func(plan scenario) bool { return plan.nodes == 0 }
	libraries, whole := slices.Clone(plans), slices.DeleteFunc(slices.Clone(plans), isLibrary)
	libraries = slices.DeleteFunc(libraries, func(plan scenario) bool { return !isLibrary(plan) })
	publish := func(m section, text string) error {
		if _, err := io.WriteString(out, text); err != nil || *write == "" {
			return err
		}
		return m.writeBetween(*write, text)
	}
	if len(whole) > 0 {
		began := time.Now()
		results, err := racePrograms(ctx, s, whole, chosenPrograms, progress)
		if err != nil {
			return err
		}
		if err := publish(programSection, programReport(s, results, where(began), time.Since(began))); err != nil {
			return err
		}
	}
	if len(libraries) == 0 {
		return nil
	}
	began := time.Now()
	results, err := measureAll(ctx, s, libraries, chosenPeers, progress)
	if err != nil {
		return err
	}
	return publish(librarySection, where(began)+"\n\n"+report(libraries, results, time.Since(began)))
}

// where is machine, versions and date of a run.
func where(at time.Time) string {
	return fmt.Sprintf("%s, %d cores, %s %s, %s; the load program runs on the same cores.", processorName(),
		runtime.NumCPU(), runtime.Version(), nodeVersion(), at.UTC().Format(time.DateOnly))
}

func allScenarios() []scenario { return append(slices.Clone(programScenarios), scenarios...) }

func chooseScenarios(wanted string) ([]scenario, error) {
	switch wanted {
	case "libraries":
		return scenarios, nil
	case "programs":
		return programScenarios, nil
	}
	return choose(wanted, allScenarios(), scenario.id)
}

// serve runs a peer until its standard input ends.
func serve(ctx context.Context, name, profile string, in io.Reader, out io.Writer) (err error) {
	if profile != "" {
		file, err := os.Create(profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	server, err := peer.New(name)
	if err != nil {
		return err
	}
	return peer.Serve(ctx, server, in, out)
}

func (s scenario) id() string { return s.name }
func (e peerSpec) id() string { return e.name }

func (e programSpec) id() string { return e.name }

func names[T any](all []T, name func(T) string) []string {
	list := make([]string, len(all))
	for i, one := range all {
		list[i] = name(one)
	}
	return list
}

// choose returns those of all that are named, in their own order; "all" names
// all.
func choose[T any](wanted string, all []T, name func(T) string) ([]T, error) {
	if wanted == "all" {
		return all, nil
	}
	known := names(all, name)
	var chosen []T
	for _, one := range strings.Split(wanted, ",") {
		if !slices.Contains(known, one) {
			return nil, fmt.Errorf("%q is none of %s", one, strings.Join(known, ", "))
		}
	}
	for _, one := range all {
		if slices.Contains(strings.Split(wanted, ","), name(one)) {
			chosen = append(chosen, one)
		}
	}
	return chosen, nil
}
