package http

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter is how long a server asks to be left alone: by a number of
// seconds or by a date (RFC 9110, section 10.2.3). 0 where it says nothing,
// or something else.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	const most = 365 * 24 * time.Hour
	if n, err := strconv.ParseUint(text, 10, 63); err == nil || errors.Is(err, strconv.ErrRange) {
		if err != nil || n > uint64(most/time.Second) {
			return most
		}
		return time.Duration(n) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), most)
}

// hintOfTLS says what to do about a certificate, ours or the server's; "" for
// errors about something else.
func hintOfTLS(err error) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &authority):
		return "name the file of the authority that signed the server's certificate with the custom property ca"
	case errors.As(err, &host):
		return "the certificate is for another host: is the location right? serverName names what to verify instead"
	case errors.As(err, &invalid):
		return "the server's owner must renew or mend its certificate"
	case errors.As(err, &record):
		return "does the server speak TLS at this port?"
	case errors.As(err, &alert), strings.Contains(err.Error(), "remote error: tls:"):
		return "the server wants a client's certificate, or another one: name its files with the custom properties cert and key"
	}
	return ""
}
