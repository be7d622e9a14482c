package example.interplay;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Where the server is, who asks, and how the connection behaves.
 *
 * @param target {@code HOST:PORT}, or any name that grpc resolves, for example {@code dns:///host:port}
 * @param apiKey sent as {@code authorization: Bearer KEY}; empty for none
 * @param tenant sent as {@code interplay-tenant}; empty for none
 * @param tls encrypts the connection; null means plaintext
 * @param keepaliveTime between pings while calls are open
 * @param keepaliveTimeout for the answer to a ping
 * @param timeout of a unary call that says nothing else
 * @param allowInsecure send the API key in plaintext to a host that is not this machine
 */
record ClientConfig(
        String target,
        String apiKey,
        String tenant,
        Tls tls,
        Duration keepaliveTime,
        Duration keepaliveTimeout,
        Duration timeout,
        boolean allowInsecure) {
    static final String DEFAULT_TARGET = "localhost:50051";

    ClientConfig {
        Objects.requireNonNull(target, "target");
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("timeout must be above 0");
        }
        if (!apiKey.isEmpty() && tls == null && !allowInsecure && !isLoopback(target)) {
            throw new IllegalArgumentException("refusing to send the API key in plaintext to " + target
                    + ": give tls(Tls.system()), or allowInsecure(true) if the network itself is trusted");
        }
    }

    /** The record without the key. */
    @Override
    public String toString() {
        return "ClientConfig[target=" + target + ", tenant=" + tenant + ", tls=" + (tls != null) + "]";
    }

    /** The value of INTERPLAY_NAME, empty where it is not set. */
    static String fromEnvironment(Map<String, String> environment, String name) {
        return environment.getOrDefault("INTERPLAY_" + name.toUpperCase(Locale.ROOT), "");
    }

    /** Whether a target can only be this machine. */
    static boolean isLoopback(String target) {
        String rest = target;
        for (String scheme : new String[] {"dns:", "ipv4:", "ipv6:"}) {
            if (rest.startsWith(scheme)) {
                rest = rest.substring(rest.lastIndexOf('/') + 1);
                rest = rest.startsWith(scheme) ? rest.substring(scheme.length()) : rest;
            }
        }
        String host;
        if (rest.startsWith("[")) {
            int end = rest.indexOf(']');
            host = end < 0 ? rest : rest.substring(1, end);
        } else {
            int colon = rest.indexOf(':');
            host = colon < 0 || colon != rest.lastIndexOf(':') ? rest : rest.substring(0, colon);
        }
        return host.equalsIgnoreCase("localhost")
                || host.matches("127(\\.\\d{1,3}){3}")
                || host.equals("::1")
                || host.equals("0:0:0:0:0:0:0:1");
    }
}
