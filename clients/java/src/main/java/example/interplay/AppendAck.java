package example.interplay;

import interplay.v1.AppendResult;
import java.util.List;

/**
 * An append is durable and searchable.
 *
 * @param offset number of appends before it in the life of the stream
 * @param requestId the request_id of its rows: {@code stream_id/offset}
 * @param ids one for each row, empty where skipped or rejected; none at all unless asked for by {@link
 *     PublisherBuilder#returnIds}, or where the ack was lost with its connection
 * @param rejected rows that were not taken; only where part of an append may be taken
 * @param warnings what was skipped and why
 * @param duplicate the append was known already
 */
public record AppendAck(
        long offset,
        String requestId,
        List<String> ids,
        List<Rejected> rejected,
        List<String> warnings,
        boolean duplicate) {

    /**
     * A row that was not taken.
     *
     * @param index its place in the append, from 0
     * @param error why
     */
    public record Rejected(int index, InterplayException error) {}

    /** What there is to say of the append at {@code offset}; {@code result} may be null. */
    static AppendAck of(String streamId, long offset, AppendResult result) {
        String requestId = streamId + "/" + offset;
        if (result == null) {
            return new AppendAck(offset, requestId, List.of(), List.of(), List.of(), false);
        }
        return new AppendAck(
                offset,
                requestId,
                List.copyOf(result.getInteractionIdsList()),
                result.getRejectedList().stream()
                        .map(row -> new Rejected(row.getIndex(), InterplayException.from(row.getStatus())))
                        .toList(),
                List.copyOf(result.getWarningsList()),
                result.getDuplicate());
    }
}
