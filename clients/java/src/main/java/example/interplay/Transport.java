package example.interplay;

import com.google.gson.Gson;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Channels to one server, and the threads that all calls of a client share. */
final class Transport {
    /** Bytes of a message that a server takes unless it says otherwise. */
    static final int MAX_MESSAGE_BYTES = 16 << 20;

    private static final int TRANSPORT_BYTES = 2 * MAX_MESSAGE_BYTES;
    private static final int METADATA_BYTES = 64 << 10;
    private static final Duration LONGEST_RECONNECT = Duration.ofSeconds(5);
    private static final long LAST_WORD_SECONDS = 5;

    final ClientConfig config;
    final ExecutorService executor;
    final ScheduledThreadPoolExecutor timer;
    private final Set<ManagedChannel> channels = ConcurrentHashMap.newKeySet();
    private final ClientInterceptor common;
    private final ManagedChannel shared;
    private final Channel intercepted;
    private volatile boolean closed;

    Transport(ClientConfig config) {
        this.config = config;
        executor = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), threads("interplay-call-"));
        timer = new ScheduledThreadPoolExecutor(1, threads("interplay-timer-"));
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(5, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        Metadata headers = new Metadata();
        if (!config.apiKey().isEmpty()) {
            headers.put(key("authorization"), "Bearer " + config.apiKey());
        }
        if (!config.tenant().isEmpty()) {
            headers.put(key("interplay-tenant"), config.tenant());
        }
        common = MetadataUtils.newAttachHeadersInterceptor(headers);
        shared = newChannel();
        intercepted = ClientInterceptors.intercept(
                shared, common, new DefaultDeadline(config.timeout()), new RequestIds());
    }

    /** The shared channel, with the metadata and the time limit of unary calls. */
    Channel channel() {
        return intercepted;
    }

    /** A channel with the metadata of every call. */
    Channel with(ManagedChannel channel) {
        return ClientInterceptors.intercept(channel, common);
    }

    /** The channel under {@link #channel()}. */
    ManagedChannel shared() {
        return shared;
    }

    /** Another connection to the same server; whoever asks must give it to {@link #release}. */
    ManagedChannel newChannel() {
        ChannelCredentials credentials =
                config.tls() == null ? InsecureChannelCredentials.create() : config.tls().credentials();
        ManagedChannel channel = NettyChannelBuilder.forTarget(config.target(), credentials)
                .executor(executor)
                .maxInboundMessageSize(TRANSPORT_BYTES)
                .maxInboundMetadataSize(METADATA_BYTES)
                .keepAliveTime(config.keepaliveTime().toNanos(), TimeUnit.NANOSECONDS)
                .keepAliveTimeout(config.keepaliveTimeout().toNanos(), TimeUnit.NANOSECONDS)
                .defaultServiceConfig(serviceConfig())
                .disableServiceConfigLookUp()
                .enableRetry()
                .build();
        channels.add(channel);
        new Reconnecting(channel).watch();
        return channel;
    }

    void release(ManagedChannel channel) {
        channels.remove(channel);
        channel.shutdownNow();
    }

    /** As {@link #release}, but lets what is being said on it come to its end. */
    void releaseSoon(ManagedChannel channel) {
        channel.shutdown();
        try {
            timer.schedule(() -> release(channel), LAST_WORD_SECONDS, TimeUnit.SECONDS);
        } catch (RejectedExecutionException closing) {
            release(channel);
        }
    }

    boolean closed() {
        return closed;
    }

    /** Ends every call and connection, and waits a few seconds for the threads. */
    void close() {
        closed = true;
        channels.forEach(ManagedChannel::shutdownNow);
        timer.shutdownNow();
        boolean interrupted = false;
        try {
            for (ManagedChannel channel : channels) {
                channel.awaitTermination(LAST_WORD_SECONDS, TimeUnit.SECONDS);
            }
            timer.awaitTermination(LAST_WORD_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException stop) {
            interrupted = true;
        }
        channels.clear();
        executor.shutdown();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Retries of unary methods: the file that every client ships. */
    static Map<String, ?> serviceConfig() {
        try (InputStream file = Transport.class.getResourceAsStream("service_config.json");
                InputStreamReader text = new InputStreamReader(file, StandardCharsets.UTF_8)) {
            @SuppressWarnings("unchecked")
            Map<String, ?> config = new Gson().fromJson(text, Map.class);
            return config;
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    private static ThreadFactory threads(String prefix) {
        AtomicInteger number = new AtomicInteger();
        ThreadFactory plain = Executors.defaultThreadFactory();
        return task -> {
            Thread thread = plain.newThread(task);
            thread.setDaemon(true);
            thread.setName(prefix + number.incrementAndGet());
            return thread;
        };
    }

    /** grpc waits up to two minutes between attempts to connect, far too long to notice that a server came back. */
    private final class Reconnecting {
        private final ManagedChannel channel;
        private final Backoff backoff = new Backoff(LONGEST_RECONNECT);

        Reconnecting(ManagedChannel channel) {
            this.channel = channel;
        }

        void watch() {
            ConnectivityState state = channel.getState(false);
            if (state == ConnectivityState.SHUTDOWN) {
                return;
            }
            if (state == ConnectivityState.TRANSIENT_FAILURE) {
                try {
                    timer.schedule(this::again, backoff.next(Duration.ZERO), TimeUnit.NANOSECONDS);
                } catch (RejectedExecutionException closing) {
                    return;
                }
            } else {
                if (state == ConnectivityState.READY) {
                    backoff.reset();
                }
                channel.notifyWhenStateChanged(state, this::watch);
            }
        }

        private void again() {
            if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
                channel.resetConnectBackoff();
            }
            watch();
        }
    }

    private record DefaultDeadline(Duration timeout) implements ClientInterceptor {
        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            boolean unlimited = options.getDeadline() != null || method.getType() != MethodDescriptor.MethodType.UNARY;
            return next.newCall(
                    method,
                    unlimited ? options : options.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS));
        }
    }
}
