package redislog

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"harang.dev/harang"
)

// DatabaseOf returns the number of the database that url selects, 0 for a url
// that cannot be parsed.
func DatabaseOf(url string) int {
	option, err := rueidis.ParseURL(url)
	if err != nil {
		return 0
	}
	return option.SelectDB
}

// Dial connects to Redis at url: redis://user:password@host:port/db, rediss://
// for TLS, unix:// for a socket. Codes: INVALID_REQUEST for a url that cannot
// be parsed or a server that is too old, UNAVAILABLE for a server that does not
// answer or refuses the login. The error never contains the password.
func Dial(ctx context.Context, url string) (rueidis.Client, error) {
	option, err := rueidis.ParseURL(url)
	if err != nil {
		return nil, harang.Errorf(harang.CodeInvalidRequest,
			"the address cannot be read; write redis://:password@host:6379, or rediss:// for TLS")
	}
	if option.TLSConfig != nil {
		option.TLSConfig.MinVersion = tls.VersionTLS12
	}
	if option.Dialer.Timeout == 0 {
		option.Dialer.Timeout = time.Second
	}
	if option.ConnWriteTimeout == 0 {
		option.ConnWriteTimeout = 2 * callTimeout
	}
	option.Dialer.KeepAlive = time.Second // also how often a silent connection is asked
	option.ClientName = "harang"
	option.DisableCache = true
	// Callers retry: they know how urgent a call is.
	option.DisableRetry = true
	// One connection: commands and messages are batched best together.
	option.PipelineMultiplex = -1
	option.ReadBufferEachConn, option.WriteBufferEachConn = 128<<10, 128<<10
	boundAnswers(&option)
	client, err := rueidis.NewClient(option)
	if err != nil {
		detail := fmt.Sprintf("Redis at %s does not answer: %s", strings.Join(option.InitAddress, ", "), reason(err))
		return nil, harang.Wrap(harang.CodeUnavailable, err, detail)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	// Sharded channels came with version 7.
	known, err := client.Do(ctx, client.B().CommandInfo().CommandName("spublish").Build()).ToArray()
	if err == nil && (len(known) == 0 || known[0].IsNil()) {
		client.Close()
		return nil, harang.Errorf(harang.CodeInvalidRequest,
			"Redis at %s is too old, version 7 is the oldest supported", strings.Join(option.InitAddress, ", "))
	}
	return client, nil
}

// reason returns the cause in a few words.
func reason(err error) string {
	var (
		op   *net.OpError
		dns  *net.DNSError
		cert *tls.CertificateVerificationError
	)
	if e, ok := rueidis.IsRedisErr(err); ok {
		return e.Error()
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	case errors.As(err, &dns):
		return dns.Err
	case errors.As(err, &cert):
		return "its certificate is not trusted"
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}
