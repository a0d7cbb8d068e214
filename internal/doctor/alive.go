package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// aliveTimeout is how long a server may take to answer that it is alive.
const aliveTimeout = 5 * time.Second

// Alive returns nil when the server at base answers /healthz with 200.
func Alive(ctx context.Context, base *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, aliveTimeout)
	defer cancel()
	address := base.JoinPath("/healthz").String()
	status, _, err := get(ctx, address)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s answers %d", address, status)
	}
	return err
}
