package example.interplay;

import interplay.v1.FeatureServiceGrpc;
import interplay.v1.InteractionServiceGrpc;
import interplay.v1.MonitorServiceGrpc;
import interplay.v1.StreamAppend;
import interplay.v1.StreamEventsAppend;
import interplay.v1.StreamEventsRequest;
import interplay.v1.StreamEventsResponse;
import interplay.v1.StreamFinish;
import interplay.v1.StreamFlush;
import interplay.v1.StreamHeartbeat;
import interplay.v1.StreamMonitorEventsAppend;
import interplay.v1.StreamMonitorEventsRequest;
import interplay.v1.StreamMonitorEventsResponse;
import interplay.v1.StreamOpen;
import interplay.v1.StreamPublishRequest;
import interplay.v1.StreamPublishResponse;
import io.grpc.MethodDescriptor;

/**
 * A method that takes appends {@code A} in requests {@code Q} and gives answers {@code R}.
 */
interface Wire<A, Q, R> {
    MethodDescriptor<Q, R> method();

    /** What is appended, for messages. */
    String rowsName();

    int rows(A append);

    int bytes(A append);

    Q open(StreamOpen open);

    Q append(A append, long offset);

    Q flush();

    Q heartbeat();

    Q finish();

    /** The answer in the words of StreamPublish, of which the others are a part. */
    StreamPublishResponse read(R answer);

    Wire<StreamAppend, StreamPublishRequest, StreamPublishResponse> INTERACTIONS = new Wire<>() {
        @Override
        public MethodDescriptor<StreamPublishRequest, StreamPublishResponse> method() {
            return InteractionServiceGrpc.getStreamPublishMethod();
        }

        @Override
        public String rowsName() {
            return "interactions";
        }

        @Override
        public int rows(StreamAppend append) {
            return append.getInteractionsCount();
        }

        @Override
        public int bytes(StreamAppend append) {
            return append.getSerializedSize();
        }

        @Override
        public StreamPublishRequest open(StreamOpen open) {
            return StreamPublishRequest.newBuilder().setOpen(open).build();
        }

        @Override
        public StreamPublishRequest append(StreamAppend append, long offset) {
            return StreamPublishRequest.newBuilder()
                    .setAppend(append.toBuilder().setOffset(offset))
                    .build();
        }

        @Override
        public StreamPublishRequest flush() {
            return StreamPublishRequest.newBuilder()
                    .setFlush(StreamFlush.getDefaultInstance())
                    .build();
        }

        @Override
        public StreamPublishRequest heartbeat() {
            return StreamPublishRequest.newBuilder()
                    .setHeartbeat(StreamHeartbeat.getDefaultInstance())
                    .build();
        }

        @Override
        public StreamPublishRequest finish() {
            return StreamPublishRequest.newBuilder()
                    .setFinish(StreamFinish.getDefaultInstance())
                    .build();
        }

        @Override
        public StreamPublishResponse read(StreamPublishResponse answer) {
            return answer;
        }
    };

    Wire<StreamEventsAppend, StreamEventsRequest, StreamEventsResponse> EVENTS = new Wire<>() {
        @Override
        public MethodDescriptor<StreamEventsRequest, StreamEventsResponse> method() {
            return FeatureServiceGrpc.getStreamEventsMethod();
        }

        @Override
        public String rowsName() {
            return "events";
        }

        @Override
        public int rows(StreamEventsAppend append) {
            return append.getEventsCount();
        }

        @Override
        public int bytes(StreamEventsAppend append) {
            return append.getSerializedSize();
        }

        @Override
        public StreamEventsRequest open(StreamOpen open) {
            return StreamEventsRequest.newBuilder().setOpen(open).build();
        }

        @Override
        public StreamEventsRequest append(StreamEventsAppend append, long offset) {
            return StreamEventsRequest.newBuilder()
                    .setAppend(append.toBuilder().setOffset(offset))
                    .build();
        }

        @Override
        public StreamEventsRequest flush() {
            return StreamEventsRequest.newBuilder()
                    .setFlush(StreamFlush.getDefaultInstance())
                    .build();
        }

        @Override
        public StreamEventsRequest heartbeat() {
            return StreamEventsRequest.newBuilder()
                    .setHeartbeat(StreamHeartbeat.getDefaultInstance())
                    .build();
        }

        @Override
        public StreamEventsRequest finish() {
            return StreamEventsRequest.newBuilder()
                    .setFinish(StreamFinish.getDefaultInstance())
                    .build();
        }

        @Override
        public StreamPublishResponse read(StreamEventsResponse answer) {
            StreamPublishResponse.Builder read = StreamPublishResponse.newBuilder();
            switch (answer.getMessageCase()) {
                case OPENED -> read.setOpened(answer.getOpened());
                case ACK -> read.setAck(answer.getAck());
                case APPEND_ERROR -> read.setAppendError(answer.getAppendError());
                case HEARTBEAT -> read.setHeartbeat(answer.getHeartbeat());
                case GO_AWAY -> read.setGoAway(answer.getGoAway());
                case FINISHED -> read.setFinished(answer.getFinished());
                case MESSAGE_NOT_SET -> read.clear();
            }
            return read.build();
        }
    };

    Wire<StreamMonitorEventsAppend, StreamMonitorEventsRequest, StreamMonitorEventsResponse> MONITOR = new Wire<>() {
        @Override
        public MethodDescriptor<StreamMonitorEventsRequest, StreamMonitorEventsResponse> method() {
            return MonitorServiceGrpc.getStreamMonitorEventsMethod();
        }

        @Override
        public String rowsName() {
            return "events";
        }

        @Override
        public int rows(StreamMonitorEventsAppend append) {
            return append.getEventsCount();
        }

        @Override
        public int bytes(StreamMonitorEventsAppend append) {
            return append.getSerializedSize();
        }

        @Override
        public StreamMonitorEventsRequest open(StreamOpen open) {
            return StreamMonitorEventsRequest.newBuilder().setOpen(open).build();
        }

        @Override
        public StreamMonitorEventsRequest append(StreamMonitorEventsAppend append, long offset) {
            return StreamMonitorEventsRequest.newBuilder()
                    .setAppend(append.toBuilder().setOffset(offset))
                    .build();
        }

        @Override
        public StreamMonitorEventsRequest flush() {
            return StreamMonitorEventsRequest.newBuilder()
                    .setFlush(StreamFlush.getDefaultInstance())
                    .build();
        }

        @Override
        public StreamMonitorEventsRequest heartbeat() {
            return StreamMonitorEventsRequest.newBuilder()
                    .setHeartbeat(StreamHeartbeat.getDefaultInstance())
                    .build();
        }

        @Override
        public StreamMonitorEventsRequest finish() {
            return StreamMonitorEventsRequest.newBuilder()
                    .setFinish(StreamFinish.getDefaultInstance())
                    .build();
        }

        @Override
        public StreamPublishResponse read(StreamMonitorEventsResponse answer) {
            StreamPublishResponse.Builder read = StreamPublishResponse.newBuilder();
            switch (answer.getMessageCase()) {
                case OPENED -> read.setOpened(answer.getOpened());
                case ACK -> read.setAck(answer.getAck());
                case APPEND_ERROR -> read.setAppendError(answer.getAppendError());
                case HEARTBEAT -> read.setHeartbeat(answer.getHeartbeat());
                case GO_AWAY -> read.setGoAway(answer.getGoAway());
                case FINISHED -> read.setFinished(answer.getFinished());
                case MESSAGE_NOT_SET -> read.clear();
            }
            return read.build();
        }
    };
}
