package example.interplay.conformance;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import example.interplay.InterplayClient;
import example.interplay.Service;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Unary methods by name. */
final class Calls {
    private Calls() {}

    static Message unary(
            InterplayClient client, String service, String method, byte[] request, Optional<Duration> timeout)
            throws InvalidProtocolBufferException {
        Service<?, ?, ?> found =
                switch (service) {
                    case "AdminService" -> client.admin();
                    case "ContextService" -> client.contexts();
                    case "DialogueService" -> client.dialogues();
                    case "EvaluationService" -> client.evaluations();
                    case "FeatureService" -> client.features();
                    case "InteractionService" -> client.interactions();
                    case "LearningService" -> client.learning();
                    case "MonitorService" -> client.monitor();
                    case "OperationService" -> client.operations();
                    case "PlaybookService" -> client.playbooks();
                    case "ProfileService" -> client.profiles();
                    default -> throw new IllegalArgumentException("no service " + service);
                };
        String name = method.substring(0, 1).toLowerCase(Locale.ROOT) + method.substring(1);
        for (Method one : found.blocking().getClass().getMethods()) {
            if (one.getName().equals(name) && one.getParameterCount() == 1) {
                Message message = Messages.parse(
                        "interplay.v1." + one.getParameterTypes()[0].getSimpleName(), request);
                return timeout.isPresent()
                        ? found.call(timeout.get(), stub -> invoke(one, stub, message))
                        : found.call(stub -> invoke(one, stub, message));
            }
        }
        throw new IllegalArgumentException("no method " + method);
    }

    private static Message invoke(Method method, Object stub, Message request) {
        try {
            return (Message) method.invoke(stub, request);
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof RuntimeException failed) {
                throw failed;
            }
            throw new IllegalStateException(thrown);
        } catch (IllegalAccessException hidden) {
            throw new IllegalStateException(hidden);
        }
    }
}
