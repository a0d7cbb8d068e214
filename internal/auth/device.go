package auth

import (
	"strings"

	"github.com/mileusna/useragent"

	"harang.dev/harang"
)

const (
	// maxUserAgent is how much of a User-Agent header is read, in bytes.
	maxUserAgent = 512
	// maxDeviceRunes is more than the name of a browser or a system has.
	maxDeviceRunes = 40
	// commandDevice is the device of a session that harang token made.
	commandDevice = "harang token"
)

// deviceOf names the browser and the system of a User-Agent header for people, e.g. "Firefox, Linux"; "" when neither
// is known. The header is what the caller says: it proves nothing.
func deviceOf(userAgent string) string {
	if len(userAgent) > maxUserAgent {
		userAgent = userAgent[:maxUserAgent]
	}
	agent := useragent.Parse(strings.ToValidUTF8(userAgent, ""))
	var parts []string
	for _, part := range []string{agent.Name, agent.OS} {
		if runes := []rune(part); len(runes) > maxDeviceRunes {
			part = string(runes[:maxDeviceRunes])
		}
		if harang.CheckName(part) == "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}
