package example.interplay;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * Encrypts the connection. Files are PEM.
 *
 * @param authorities whom to trust; null means the authorities of the Java runtime
 * @param certificate the client's own certificate chain, for mutual TLS, or null
 * @param key the key of the certificate, as PKCS#8, or null
 */
public record Tls(Path authorities, Path certificate, Path key) {

    /** @throws IllegalArgumentException if only one of certificate and key is given */
    public Tls {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("certificate and key belong together");
        }
    }

    /** Trusts the authorities of the Java runtime. */
    public static Tls system() {
        return new Tls(null, null, null);
    }

    /** Trusts the authorities in a file. */
    public static Tls trusting(Path authorities) {
        return new Tls(authorities, null, null);
    }

    /** Shows a certificate of its own: mutual TLS. */
    public Tls presenting(Path certificate, Path key) {
        return new Tls(authorities, certificate, key);
    }

    /** @throws UncheckedIOException if a file cannot be read */
    ChannelCredentials credentials() {
        TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
        try {
            if (authorities != null) {
                builder.trustManager(authorities.toFile());
            }
            if (certificate != null) {
                builder.keyManager(certificate.toFile(), key.toFile());
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return builder.build();
    }
}
