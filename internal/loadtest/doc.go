// Package loadtest loads a Harang server and measures it: connections that
// listen over Socket.IO, and applications that post events at a steady rate.
//
// Run is the load behind `harang bench`. Its parts are exported because the
// comparison with other servers uses them too: StartServer starts the program
// as a process of its own, so that its CPU time and memory are the server's
// alone; Poster posts one event; Pace posts at a rate; Gauges reads what the
// server reports about itself; Latencies sums durations up.
package loadtest
