package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/sen-hub/sen"
	"github.com/sen-hub/sen/internal/account"
	"github.com/sen-hub/sen/internal/api"
	"github.com/sen-hub/sen/internal/desk"
	"github.com/sen-hub/sen/internal/web"
)

// upFlags are what `sen up` may be told.
type upFlags struct {
	listen, profile  string
	certificate, key string
	behindProxy      bool
	apiRate          int
}

// Where the console is, and how many requests to the API a token may make a
// minute, where nobody says otherwise.
const (
	upAddress = "127.0.0.1:8600"
	upRate    = 600
)

func (p *program) upCommand() *cobra.Command {
	var f upFlags
	c := &cobra.Command{
		Use:   "up",
		Short: p.lang.Pick("Chạy trung tâm thành máy chủ: bàn điều hành, API, đồng bộ theo lịch", "Run the hub as a server: console, API, syncs on their schedules"),
		Long: `Serves the console and the API on one address until it is stopped; what is under
way ends at its next safe point, and the next start goes on. Everybody signs in
(` + "`sen user add`" + `). Beyond this machine it wants TLS: a certificate, or a proxy before it
that has one. What commands of this machine's account change for long (sync, quarantine
release, link run, merge), they hand over to it. Contracts, elements, entities and
indicators that have changed come into force while it is up, unless they have faults;
sen.yaml is read at the start. Health is at /healthz and /readyz; metrics and profiles are at a port
of this machine alone.`,
		Example: "  sen up\n  sen up --listen 0.0.0.0:8600 --tls-cert hub.pem --tls-key hub.key",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.up(cmd.Context(), f) },
	}
	c.Flags().StringVar(&f.listen, "listen", upAddress, "address of the console and the API")
	c.Flags().StringVar(&f.profile, "profile", "127.0.0.1:8601", "address of metrics and profiles, of this machine alone; empty: none")
	c.Flags().StringVar(&f.certificate, "tls-cert", "", "file of the certificate chain")
	c.Flags().StringVar(&f.key, "tls-key", "", "file of the certificate's key")
	c.Flags().BoolVar(&f.behindProxy, "behind-proxy", false, "a proxy on the way has TLS")
	c.Flags().IntVar(&f.apiRate, "api-rate", upRate, "requests to the API that one token may make a minute")
	return c
}

// check refuses what would send sessions over a network in the clear.
func (f upFlags) check() error {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return sen.Errorf(sen.Invalid, "--listen %s is no address: %w", f.listen, err).WithHint("host:port, like 127.0.0.1:8600")
	}
	if f.apiRate < 1 {
		return sen.Errorf(sen.Invalid, "--api-rate %d lets nobody in", f.apiRate)
	}
	if (f.certificate == "") != (f.key == "") {
		return sen.Errorf(sen.Invalid, "--tls-cert and --tls-key go together")
	}
	if !loopback(host) && f.certificate == "" && !f.behindProxy {
		return sen.Errorf(sen.Invalid, "%s is reached from other machines, and passwords would go over the network in the clear", f.listen).
			WithHint("give --tls-cert and --tls-key, or --behind-proxy where a proxy has TLS")
	}
	if host, _, err := net.SplitHostPort(f.profile); f.profile != "" && (err != nil || !loopback(host)) {
		return sen.Errorf(sen.Invalid, "--profile %s is no address of this machine", f.profile).WithHint("profiles say what is in memory: keep them on 127.0.0.1")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// up serves the hub until ctx ends.
func (p *program) up(ctx context.Context, f upFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	w := &worker{p: p, log: slog.New(slog.NewJSONHandler(p.err, &slog.HandlerOptions{Level: p.level()}))}
	p.meanwhile = w.say
	h, err := p.open(ctx, w.report)
	if err != nil {
		return err
	}
	defer h.Close()
	if err := h.keepIndex(); err != nil {
		return err
	}
	if w.site, err = p.site(ctx, h, f, w.log); err != nil {
		return err
	}
	metrics := newMetrics()
	w.faults = metrics.faults
	if err := w.start(h); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	address, err := serve(ctx, group, f.listen, h.routes(metrics.counted(w)), f)
	if err != nil {
		return err
	}
	if f.profile != "" {
		if _, err := serve(ctx, group, f.profile, metrics.profile(), upFlags{}); err != nil {
			return err
		}
	}
	w.run(ctx, group)
	scheme := "http"
	if f.certificate != "" {
		scheme = "https"
	}
	p.say("%s mở tại %s://%s", "%s is up at %s://%s", h.config.Country, scheme, address)
	p.sayUsers(f)
	return group.Wait()
}

// routes are the site, and what watches over servers asks.
func (h *hub) routes(site http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := h.state.Check(r.Context()); err != nil {
			http.Error(w, "the state does not answer", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ready\n"))
	})
	mux.Handle("/", site)
	return mux
}

func (p *program) level() slog.Level {
	if p.flags.verbose {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// site is how the console and the API are made over a hub, each time that other
// declarations come into force.
func (p *program) site(ctx context.Context, h *hub, f upFlags, log *slog.Logger) (func(*desk.Desk) (http.Handler, error), error) {
	accounts := account.New(h.state, account.Options{Now: p.now})
	o := web.Options{Accounts: accounts, Log: log, Now: p.now, Country: h.config.Country,
		Secure: f.certificate != "" || f.behindProxy, Proxied: f.behindProxy}
	host, _, _ := net.SplitHostPort(f.listen)
	if h.config.Demo && loopback(host) {
		if err := addDemoUsers(ctx, accounts, p.principal()); err != nil {
			return nil, err
		}
		o.Demo = demoUsers
	}
	return func(answers *desk.Desk) (http.Handler, error) {
		o := o
		o.Desk = answers
		pages, err := web.New(o)
		if err != nil {
			return nil, err
		}
		mux := http.NewServeMux()
		mux.Handle("/", pages.Handler())
		mux.Handle("/api/", api.New(api.Options{Desk: answers, Accounts: accounts, Log: log, Now: p.now, Cookie: pages.Cookie(), PerMinute: f.apiRate}).Handler())
		return mux, nil
	}, nil
}

// demoUsers are the demonstration's people. They are made up, and served on
// this machine alone.
var demoUsers = []web.DemoUser{
	{Name: "phuoc", Title: "Trần Hữu Phước", Role: account.Operator, Password: "sen-trinh-dien"},
	{Name: "lan", Title: "Nguyễn Thị Lan", Role: account.Steward, Password: "sen-trinh-dien"},
	{Name: "quang", Title: "Đỗ Minh Quang", Role: account.Steward, Password: "sen-trinh-dien"},
	{Name: "hanh", Title: "Lê Thị Hạnh", Role: account.Reviewer, Password: "sen-trinh-dien"},
	{Name: "mai", Title: "Vũ Thị Mai", Role: account.Officer, Password: "sen-trinh-dien"},
	{Name: "son", Title: "Hoàng Thái Sơn", Role: account.Leader, Password: "sen-trinh-dien"},
	{Name: "hotich", Title: "Phạm Thu Hà", Role: account.Agency, Password: "sen-trinh-dien"},
	{Name: "khach", Title: "Bùi Văn Khách", Role: account.Reader, Password: "sen-trinh-dien"},
}

// addDemoUsers makes accounts for those that have none.
func addDemoUsers(ctx context.Context, a *account.Accounts, by sen.Principal) error {
	all, err := a.List(ctx)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, one := range all {
		there[one.Name] = true
	}
	for _, u := range demoUsers {
		if there[u.Name] {
			continue
		}
		agency := ""
		if u.Role == account.Agency {
			agency = "civil-status"
		}
		if _, err := a.Put(ctx, account.Person{Name: u.Name, Title: u.Title, Role: u.Role, Agency: agency, Password: u.Password}, by); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) sayUsers(f upFlags) {
	host, _, _ := net.SplitHostPort(f.listen)
	d, err := p.read()
	if err != nil || !d.config.Demo || !loopback(host) {
		p.next("sen user add NAME --role operator", p.lang.Pick("ai được đăng nhập", "who may sign in"))
		return
	}
	p.say("Đăng nhập bằng người dựng sẵn, mật khẩu %s:", "Sign in as one of the made-up people, password %s:", demoUsers[0].Password)
	for _, u := range demoUsers {
		p.say("  %-8s %s", "  %-8s %s", u.Name, u.Role)
	}
}

// Times that a connection may take.
const (
	headerTime = 10 * time.Second
	readTime   = time.Minute
	idleTime   = 2 * time.Minute
	stopTime   = 10 * time.Second
)

// serve listens at an address and answers until ctx ends; what is under way then
// has a little time to finish.
func serve(ctx context.Context, group *errgroup.Group, at string, handler http.Handler, f upFlags) (net.Addr, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at)
	if err != nil {
		return nil, sen.Errorf(sen.Unavailable, "listen at %s: %w", at, err).WithHint("another program may have the port: choose one with --listen or --profile")
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, IdleTimeout: idleTime, MaxHeaderBytes: 64 << 10}
	group.Go(func() error {
		var err error
		if f.certificate != "" {
			err = server.ServeTLS(listener, f.certificate, f.key)
		} else {
			err = server.Serve(listener)
		}
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return sen.Errorf(sen.Unavailable, "serve at %s: %w", at, err)
	})
	group.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		if err := server.Shutdown(last); err != nil {
			return server.Close()
		}
		return nil
	})
	return listener.Addr(), nil
}

// metrics counts what is asked, as Prometheus names it.
type metrics struct {
	registry *prometheus.Registry
	seconds  *prometheus.HistogramVec
	faults   prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "sen_http_request_duration_seconds", Help: "How long requests took.", Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 10)}, []string{"code", "method"}),
		faults: prometheus.NewGauge(prometheus.GaugeOpts{Name: "sen_declaration_faults", Help: "Faults of the hub's files, that keep what they declare from coming into force."})}
	m.registry.MustRegister(m.seconds, m.faults, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) counted(next http.Handler) http.Handler {
	return promhttp.InstrumentHandlerDuration(m.seconds, next)
}

// profile answers with metrics and profiles.
func (m *metrics) profile() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	return mux
}
