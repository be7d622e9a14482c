package interplay

import (
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

const (
	// DefaultTarget is where a server listens unless told otherwise.
	DefaultTarget = "localhost:50051"
	// MaxMessageBytes is the largest message that a server takes unless it says otherwise.
	MaxMessageBytes = 16 << 20

	transportBytes   = 2 * MaxMessageBytes
	defaultTimeout   = 30 * time.Second
	defaultKeepalive = 30 * time.Second
	keepaliveTimeout = 15 * time.Second
	connectTimeout   = 5 * time.Second
)

// serviceConfig holds the retries of unary methods; every client ships the same file.
//
//go:embed service_config.json
var serviceConfig string

// Config says where the server is, who asks, and how the connection behaves. The zero value is a server on this machine.
type Config struct {
	// Target is host:port or any name that grpc resolves, for example dns:///host:port or unix:/path; default
	// DefaultTarget.
	Target string
	// APIKey is sent as `authorization: Bearer KEY`.
	APIKey string
	// Tenant is sent as `interplay-tenant`; only needed without authentication.
	Tenant string
	// TLS encrypts the connection; nil means plaintext. Its Certificates make it mutual. See [LoadTLS].
	TLS *tls.Config
	// Timeout of a unary call whose context has no deadline; default 30 s. Streams have none.
	Timeout time.Duration
	// Keepalive is the time between pings while calls are open; default 30 s, grpc takes nothing below 10 s.
	Keepalive time.Duration
	// AllowInsecure sends the API key over plaintext to a host that is not this machine.
	AllowInsecure bool
	// DialOptions are applied after those that the rest stands for.
	DialOptions []grpc.DialOption
}

// FromEnvironment returns a Config of INTERPLAY_TARGET, INTERPLAY_API_KEY and INTERPLAY_TENANT.
func FromEnvironment() Config {
	return Config{
		Target: os.Getenv("INTERPLAY_TARGET"),
		APIKey: os.Getenv("INTERPLAY_API_KEY"),
		Tenant: os.Getenv("INTERPLAY_TENANT"),
	}
}

// LoadTLS reads PEM files: the authorities to trust, "" for those of the system, and for mutual TLS the client's own
// certificate chain and key, both "" otherwise.
func LoadTLS(authorities, certificate, key string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if authorities != "" {
		pem, err := os.ReadFile(authorities)
		if err != nil {
			return nil, fmt.Errorf("interplay: authorities: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("interplay: no certificate in %s", authorities)
		}
	}
	if (certificate == "") != (key == "") {
		return nil, invalid("certificate and key belong together")
	}
	if certificate != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, fmt.Errorf("interplay: certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// String leaves the API key out.
func (c Config) String() string {
	key := "none"
	if c.APIKey != "" {
		key = "hidden"
	}
	return fmt.Sprintf("interplay.Config{Target: %q, Tenant: %q, APIKey: %s, TLS: %t}", c.Target, c.Tenant, key, c.TLS != nil)
}

// GoString leaves the API key out.
func (c Config) GoString() string { return c.String() }

func (c Config) withDefaults() (Config, error) {
	if c.Target == "" {
		c.Target = DefaultTarget
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Keepalive == 0 {
		c.Keepalive = defaultKeepalive
	}
	if c.Timeout < 0 || c.Keepalive < 0 {
		return c, invalid("Timeout and Keepalive must not be negative")
	}
	if c.APIKey != "" && c.TLS == nil && !c.AllowInsecure && !isLoopback(c.Target) {
		return c, invalid("refusing to send the API key in plaintext to " + c.Target +
			": set TLS, or AllowInsecure if the network itself is trusted")
	}
	return c, nil
}

func (c Config) dialOptions() []grpc.DialOption {
	transport := insecure.NewCredentials()
	if c.TLS != nil {
		transport = credentials.NewTLS(c.TLS)
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(transportBytes),
			grpc.MaxCallSendMsgSize(transportBytes),
		),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: c.Keepalive, Timeout: keepaliveTimeout}),
		grpc.WithConnectParams(grpc.ConnectParams{
			// grpc's own ceiling is two minutes, far too long to notice that a server came back.
			Backoff: backoff.Config{
				BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: connectTimeout,
			},
			MinConnectTimeout: connectTimeout,
		}),
		grpc.WithUserAgent("interplay-go/" + Version),
	}
	if isLoopback(c.Target) {
		options = append(options, grpc.WithNoProxy())
	}
	return append(options, c.DialOptions...)
}

// isLoopback reports whether a target can only be this machine.
func isLoopback(target string) bool {
	scheme, rest, found := strings.Cut(target, ":")
	if found {
		switch scheme {
		case "unix", "unix-abstract":
			return true
		case "dns", "passthrough":
			// A name server of somebody's choice may say what it likes of "localhost".
			if after, ok := strings.CutPrefix(rest, "//"); ok {
				authority, endpoint, _ := strings.Cut(after, "/")
				if authority != "" {
					return false
				}
				rest = endpoint
			}
			target = rest
		}
	}
	host := target
	if name, _, err := net.SplitHostPort(target); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	host, _, _ = strings.Cut(host, "%")
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
