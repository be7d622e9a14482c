package example.interplay;

import interplay.v1.AdminServiceGrpc;
import interplay.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import interplay.v1.AdminServiceGrpc.AdminServiceFutureStub;
import interplay.v1.AdminServiceGrpc.AdminServiceStub;
import interplay.v1.ContextServiceGrpc;
import interplay.v1.ContextServiceGrpc.ContextServiceBlockingStub;
import interplay.v1.ContextServiceGrpc.ContextServiceFutureStub;
import interplay.v1.ContextServiceGrpc.ContextServiceStub;
import interplay.v1.ConverseStart;
import interplay.v1.DialogueServiceGrpc;
import interplay.v1.DialogueServiceGrpc.DialogueServiceBlockingStub;
import interplay.v1.DialogueServiceGrpc.DialogueServiceFutureStub;
import interplay.v1.DialogueServiceGrpc.DialogueServiceStub;
import interplay.v1.EvaluationServiceGrpc;
import interplay.v1.EvaluationServiceGrpc.EvaluationServiceBlockingStub;
import interplay.v1.EvaluationServiceGrpc.EvaluationServiceFutureStub;
import interplay.v1.EvaluationServiceGrpc.EvaluationServiceStub;
import interplay.v1.FeatureServiceGrpc;
import interplay.v1.FeatureServiceGrpc.FeatureServiceBlockingStub;
import interplay.v1.FeatureServiceGrpc.FeatureServiceFutureStub;
import interplay.v1.FeatureServiceGrpc.FeatureServiceStub;
import interplay.v1.InteractionServiceGrpc;
import interplay.v1.InteractionServiceGrpc.InteractionServiceBlockingStub;
import interplay.v1.InteractionServiceGrpc.InteractionServiceFutureStub;
import interplay.v1.InteractionServiceGrpc.InteractionServiceStub;
import interplay.v1.LearningServiceGrpc;
import interplay.v1.LearningServiceGrpc.LearningServiceBlockingStub;
import interplay.v1.LearningServiceGrpc.LearningServiceFutureStub;
import interplay.v1.LearningServiceGrpc.LearningServiceStub;
import interplay.v1.MonitorServiceGrpc;
import interplay.v1.MonitorServiceGrpc.MonitorServiceBlockingStub;
import interplay.v1.MonitorServiceGrpc.MonitorServiceFutureStub;
import interplay.v1.MonitorServiceGrpc.MonitorServiceStub;
import interplay.v1.OperationServiceGrpc;
import interplay.v1.OperationServiceGrpc.OperationServiceBlockingStub;
import interplay.v1.OperationServiceGrpc.OperationServiceFutureStub;
import interplay.v1.OperationServiceGrpc.OperationServiceStub;
import interplay.v1.PlaybookServiceGrpc;
import interplay.v1.PlaybookServiceGrpc.PlaybookServiceBlockingStub;
import interplay.v1.PlaybookServiceGrpc.PlaybookServiceFutureStub;
import interplay.v1.PlaybookServiceGrpc.PlaybookServiceStub;
import interplay.v1.ProfileServiceGrpc;
import interplay.v1.ProfileServiceGrpc.ProfileServiceBlockingStub;
import interplay.v1.ProfileServiceGrpc.ProfileServiceFutureStub;
import interplay.v1.ProfileServiceGrpc.ProfileServiceStub;
import interplay.v1.WatchInteractionsRequest;
import io.grpc.Channel;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A connection to an Interplay server, shared by any number of threads. It connects with the first call.
 *
 * <pre>{@code
 * try (InterplayClient client = InterplayClient.connect("localhost:50051")) {
 *     var found = client.interactions().call(stub -> stub.searchInteractions(request));
 * }
 * }</pre>
 *
 * <p>Unary calls are tried again by grpc where the server is unavailable and the method is idempotent. Calls made with
 * {@link Service#call} throw {@link InterplayException}.
 */
public final class InterplayClient implements AutoCloseable {
    private final Transport transport;
    private final Set<Runnable> open = ConcurrentHashMap.newKeySet();

    private InterplayClient(ClientConfig config) {
        transport = new Transport(config);
    }

    /** A client of {@code target} ({@code HOST:PORT}) in plaintext and without a key. */
    public static InterplayClient connect(String target) {
        return builder().target(target).build();
    }

    /** A client by INTERPLAY_TARGET, INTERPLAY_API_KEY and INTERPLAY_TENANT. */
    public static InterplayClient fromEnvironment() {
        return builder().fromEnvironment().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Publishing, searching and listing interactions. */
    public Service<InteractionServiceBlockingStub, InteractionServiceFutureStub, InteractionServiceStub>
            interactions() {
        Channel channel = transport.channel();
        return new Service<>(
                InteractionServiceGrpc.newBlockingStub(channel),
                InteractionServiceGrpc.newFutureStub(channel),
                InteractionServiceGrpc.newStub(channel),
                transport.executor);
    }

    /** What is known of users. */
    public Service<ProfileServiceBlockingStub, ProfileServiceFutureStub, ProfileServiceStub> profiles() {
        Channel channel = transport.channel();
        return new Service<>(
                ProfileServiceGrpc.newBlockingStub(channel),
                ProfileServiceGrpc.newFutureStub(channel),
                ProfileServiceGrpc.newStub(channel),
                transport.executor);
    }

    /** Lessons of users and of agents. */
    public Service<PlaybookServiceBlockingStub, PlaybookServiceFutureStub, PlaybookServiceStub> playbooks() {
        Channel channel = transport.channel();
        return new Service<>(
                PlaybookServiceGrpc.newBlockingStub(channel),
                PlaybookServiceGrpc.newFutureStub(channel),
                PlaybookServiceGrpc.newStub(channel),
                transport.executor);
    }

    /** How the server learns. */
    public Service<LearningServiceBlockingStub, LearningServiceFutureStub, LearningServiceStub> learning() {
        Channel channel = transport.channel();
        return new Service<>(
                LearningServiceGrpc.newBlockingStub(channel),
                LearningServiceGrpc.newFutureStub(channel),
                LearningServiceGrpc.newStub(channel),
                transport.executor);
    }

    /** Briefings for an agent, and search over every kind. */
    public Service<ContextServiceBlockingStub, ContextServiceFutureStub, ContextServiceStub> contexts() {
        Channel channel = transport.channel();
        return new Service<>(
                ContextServiceGrpc.newBlockingStub(channel),
                ContextServiceGrpc.newFutureStub(channel),
                ContextServiceGrpc.newStub(channel),
                transport.executor);
    }

    /** Outcomes, comparisons and experiments. */
    public Service<EvaluationServiceBlockingStub, EvaluationServiceFutureStub, EvaluationServiceStub> evaluations() {
        Channel channel = transport.channel();
        return new Service<>(
                EvaluationServiceGrpc.newBlockingStub(channel),
                EvaluationServiceGrpc.newFutureStub(channel),
                EvaluationServiceGrpc.newStub(channel),
                transport.executor);
    }

    /** A shop's events and the features of customers and products. */
    public Service<FeatureServiceBlockingStub, FeatureServiceFutureStub, FeatureServiceStub> features() {
        Channel channel = transport.channel();
        return new Service<>(
                FeatureServiceGrpc.newBlockingStub(channel),
                FeatureServiceGrpc.newFutureStub(channel),
                FeatureServiceGrpc.newStub(channel),
                transport.executor);
    }

    /** Monitored events, patterns and alerts. */
    public Service<MonitorServiceBlockingStub, MonitorServiceFutureStub, MonitorServiceStub> monitor() {
        Channel channel = transport.channel();
        return new Service<>(
                MonitorServiceGrpc.newBlockingStub(channel),
                MonitorServiceGrpc.newFutureStub(channel),
                MonitorServiceGrpc.newStub(channel),
                transport.executor);
    }

    /** Dialogues between personas and an agent. */
    public Service<DialogueServiceBlockingStub, DialogueServiceFutureStub, DialogueServiceStub> dialogues() {
        Channel channel = transport.channel();
        return new Service<>(
                DialogueServiceGrpc.newBlockingStub(channel),
                DialogueServiceGrpc.newFutureStub(channel),
                DialogueServiceGrpc.newStub(channel),
                transport.executor);
    }

    /** Long work that goes on in the server. */
    public Service<OperationServiceBlockingStub, OperationServiceFutureStub, OperationServiceStub> operations() {
        Channel channel = transport.channel();
        return new Service<>(
                OperationServiceGrpc.newBlockingStub(channel),
                OperationServiceGrpc.newFutureStub(channel),
                OperationServiceGrpc.newStub(channel),
                transport.executor);
    }

    /** Keys, tenants, backups, and what is held on a user. */
    public Service<AdminServiceBlockingStub, AdminServiceFutureStub, AdminServiceStub> admin() {
        Channel channel = transport.channel();
        return new Service<>(
                AdminServiceGrpc.newBlockingStub(channel),
                AdminServiceGrpc.newFutureStub(channel),
                AdminServiceGrpc.newStub(channel),
                transport.executor);
    }

    /** Publishes interactions; {@code streamId} is the publisher's stable identity, 1 to 128 characters. */
    public PublisherBuilder<Publisher> publisher(String streamId) {
        return new PublisherBuilder<>(
                streamId, settings -> started(left -> new Publisher(transport, settings, left)));
    }

    /** Records a shop's events; {@code streamId} is the publisher's stable identity, 1 to 128 characters. */
    public PublisherBuilder<EventPublisher> eventPublisher(String streamId) {
        return new PublisherBuilder<>(
                streamId, settings -> started(left -> new EventPublisher(transport, settings, left)));
    }

    /** Records monitored events; {@code streamId} is the publisher's stable identity, 1 to 128 characters. */
    public PublisherBuilder<MonitorPublisher> monitorPublisher(String streamId) {
        return new PublisherBuilder<>(
                streamId, settings -> started(left -> new MonitorPublisher(transport, settings, left)));
    }

    /** Changes to interactions as they happen: from now, or with a resume_token behind what was seen. */
    public InteractionWatch watchInteractions(WatchInteractionsRequest request) {
        Ending<InteractionWatch> ending = new Ending<>(InteractionWatch::close);
        ending.held = new InteractionWatch(transport, request, () -> open.remove(ending));
        open.add(ending);
        return ending.held;
    }

    /** One dialogue, in which functions of the caller may play sides. */
    public Conversation converse(ConverseStart start) {
        return new Conversation(transport, start);
    }

    /** Gives up what is pending, ends every call, and waits a few seconds for the threads. Close publishers first. */
    @Override
    public void close() {
        open.forEach(Runnable::run);
        transport.close();
    }

    private <P extends StreamPublisher<?>> P started(Function<Runnable, P> make) {
        Ending<P> ending = new Ending<>(publisher -> publisher.abort("the client was closed"));
        P publisher = make.apply(() -> open.remove(ending));
        ending.held = publisher;
        open.add(ending);
        publisher.start();
        return publisher;
    }

    /** What is to be done with a part of the client when the client is closed. */
    private static final class Ending<T> implements Runnable {
        private final Consumer<T> end;
        private T held;

        Ending(Consumer<T> end) {
            this.end = end;
        }

        @Override
        public void run() {
            end.accept(held);
        }
    }

    /** Settings of a client. */
    public static final class Builder {
        private static final Duration KEEPALIVE_TIME = Duration.ofSeconds(30);
        private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(15);

        private String target = "";
        private String apiKey = "";
        private String tenant = "";
        private Tls tls;
        private Duration keepaliveTime = KEEPALIVE_TIME;
        private Duration keepaliveTimeout = KEEPALIVE_TIMEOUT;
        private Duration timeout = Duration.ofSeconds(30);
        private boolean allowInsecure;

        private Builder() {}

        /** {@code HOST:PORT}, or any name that grpc resolves; {@code localhost:50051} unless said. */
        public Builder target(String target) {
            this.target = target;
            return this;
        }

        /** Sent as {@code authorization: Bearer KEY}. */
        public Builder apiKey(String apiKey) {
            this.apiKey = apiKey;
            return this;
        }

        /** Only needed without authentication. */
        public Builder tenant(String tenant) {
            this.tenant = tenant;
            return this;
        }

        /** Encrypts the connection. */
        public Builder tls(Tls tls) {
            this.tls = tls;
            return this;
        }

        /** Pings while calls are open, which find dead connections; 30 s and 15 s unless said. */
        public Builder keepalive(Duration time, Duration timeout) {
            keepaliveTime = time;
            keepaliveTimeout = timeout;
            return this;
        }

        /** Of unary calls that say nothing else, 30 s unless said. */
        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /** Sends the API key in plaintext to a host that is not this machine. */
        public Builder allowInsecure(boolean allowInsecure) {
            this.allowInsecure = allowInsecure;
            return this;
        }

        /** Takes INTERPLAY_TARGET, INTERPLAY_API_KEY and INTERPLAY_TENANT where nothing was given. */
        public Builder fromEnvironment() {
            return fromEnvironment(System.getenv());
        }

        Builder fromEnvironment(Map<String, String> environment) {
            target = or(target, () -> ClientConfig.fromEnvironment(environment, "target"));
            apiKey = or(apiKey, () -> ClientConfig.fromEnvironment(environment, "api_key"));
            tenant = or(tenant, () -> ClientConfig.fromEnvironment(environment, "tenant"));
            return this;
        }

        /** @throws IllegalArgumentException for settings that contradict each other, or would betray the key */
        public InterplayClient build() {
            return new InterplayClient(config());
        }

        ClientConfig config() {
            return new ClientConfig(
                    or(target, () -> ClientConfig.DEFAULT_TARGET),
                    apiKey,
                    tenant,
                    tls,
                    keepaliveTime,
                    keepaliveTimeout,
                    timeout,
                    allowInsecure);
        }

        private static String or(String given, Supplier<String> otherwise) {
            return given.isEmpty() ? otherwise.get() : given;
        }
    }
}
