// Toxiproxy 2.12 as Flounder runs it: its own library, with two things that it lacks. Its API answers only to who shows the token; and a proxy may introduce
// itself to its upstream with a secret line, for clients that may know it. Flags as of Toxiproxy's own server; the variables GUARD and SECRETS_FILE (guard.go).
package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"flag"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

func main() {
	host := flag.String("host", "localhost", "where the API and its proxies' clients come in")
	port := flag.String("port", "8474", "the API's port")
	config := flag.String("config", "", "JSON file of proxies to begin with")
	flag.Parse()

	logger := zerolog.New(os.Stdout).With().Timestamp().Logger()
	if level, err := zerolog.ParseLevel(os.Getenv("LOG_LEVEL")); err == nil && os.Getenv("LOG_LEVEL") != "" {
		logger = logger.Level(level)
	}
	guard, err := readGuard()
	if err != nil {
		logger.Fatal().Err(err).Msg("the guard")
	}
	toxiproxy.DialUpstream = guard.dial

	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), logger)
	if *config != "" {
		server.PopulateConfig(*config)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(*host, *port))
	if err != nil {
		logger.Fatal().Err(err).Msg("the API's port")
	}
	api := &http.Server{
		Handler:           withToken(guard.Token, server.Routes()),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	go func() {
		if err := api.Serve(listener); err != nil {
			logger.Fatal().Err(err).Msg("the API")
		}
	}()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	<-signals
}

// Without the token nothing is said but that one is needed. No browser has it: a page that is open on this machine gets no further.
func withToken(token string, next http.Handler) http.Handler {
	if token == "" {
		return next
	}
	want := sha256.Sum256([]byte("Bearer " + token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		_, fromPage := r.Header["Origin"]
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 || fromPage {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "this API needs the foundation's token", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}
