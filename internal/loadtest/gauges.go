package loadtest

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Gauges are what a server reports about itself.
type Gauges struct {
	// CPU is the processor time it has used.
	CPU time.Duration
	// Resident is its resident memory, InUse what its heap and stacks take, in
	// bytes.
	Resident, InUse int64
}

// ReadGauges has the server at adminURL collect its garbage and reads its gauges.
func ReadGauges(ctx context.Context, adminURL string) (Gauges, error) {
	if _, err := Get(ctx, adminURL+"/debug/pprof/heap?gc=1"); err != nil {
		return Gauges{}, err
	}
	return readGauges(ctx, adminURL)
}

func readGauges(ctx context.Context, adminURL string) (Gauges, error) {
	text, err := Get(ctx, adminURL+"/metrics")
	if err != nil {
		return Gauges{}, err
	}
	return parseGauges(string(text)), nil
}

func parseGauges(metrics string) (g Gauges) {
	for line := range strings.SplitSeq(metrics, "\n") {
		name, value, _ := strings.Cut(line, " ")
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		switch name {
		case "process_cpu_seconds_total":
			g.CPU = time.Duration(number * float64(time.Second))
		case "process_resident_memory_bytes":
			g.Resident = int64(number)
		case "go_memstats_heap_inuse_bytes", "go_memstats_stack_inuse_bytes":
			g.InUse += int64(number)
		}
	}
	return g
}

// Get returns the body at a URL of the admin listener, whatever the status.
func Get(ctx context.Context, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}
