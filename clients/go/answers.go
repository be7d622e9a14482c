package interplay

import (
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	interplayv1 "interplay.example/go/interplay/v1"
)

// What the answers of the server mean to a publisher; the callers of all this hold its lock.

func (c *core) ack(offset int64, result *interplayv1.AppendResult) *Ack {
	ack := &Ack{Offset: offset, RequestID: fmt.Sprintf("%s/%d", c.options.StreamID, offset)}
	if result != nil {
		ack.IDs, ack.Warnings, ack.Duplicate = result.InteractionIds, result.Warnings, result.Duplicate
		for _, row := range result.Rejected {
			ack.Rejected = append(ack.Rejected, Rejected{int(row.Index), StatusError(row.Status)})
		}
	}
	return ack
}

func (c *core) acked(ack *interplayv1.StreamAck) {
	c.commit(ack.GetCommittedOffset(), ack.GetResults())
	if ack.GetFlushed() && len(c.flushSent) > 0 {
		for _, waiter := range c.flushSent[0] {
			waiter <- nil
		}
		c.flushSent = c.flushSent[1:]
		signal(c.wake)
	}
}

func (c *core) commit(offset int64, results []*interplayv1.AppendResult) {
	c.committed = max(c.committed, offset)
	done := c.window.acked(offset)
	said := make(map[int64]*interplayv1.AppendResult, len(results))
	for _, result := range results {
		said[result.GetOffset()] = result
	}
	for _, one := range done {
		one.item.receipt.resolve(c.ack(one.offset, said[one.offset]))
		if one.item.receipt.awaitsContext() {
			c.unbriefed = append(c.unbriefed, one)
		}
	}
	for len(c.unbriefed) > keptContexts {
		c.unbriefed[0].item.receipt.brief(nil)
		c.unbriefed = c.unbriefed[1:]
	}
	c.settle(len(done))
}

func (c *core) refused(answer *interplayv1.StreamAppendError) error {
	refusal := newError(answer.GetStatus())
	offset, known := answer.GetOffset(), answer.Offset != nil
	if !known {
		offset, known = c.window.sole()
	}
	if !known {
		// Which one was meant? Sent one at a time, there is no doubt.
		c.narrow = true
		return fmt.Errorf("%w: an append was refused without its offset: %w", errBroken, refusal)
	}
	one := c.window.at(offset)
	if one == nil {
		return nil
	}
	if c.narrow {
		c.narrow, c.window.outstanding = false, defaultOutstanding
	}
	why, err := c.judge(refusal, one)
	if err != nil {
		return err
	}
	c.window.refused(offset, why)
	if why != resend {
		one.item.receipt.fail(refusal)
		if c.options.OnError != nil {
			c.reports = append(c.reports, report{refusal, one.item.receipt})
		}
		c.settle(0)
	}
	signal(c.wake)
	return nil
}

func (c *core) judge(refusal *Error, one *entry[*pending]) (verdict, error) {
	transient := false
	switch refusal.Code {
	case codes.OutOfRange:
		if !c.window.repairing() {
			return drop, fmt.Errorf("%w: the stream's end is not where it was: %w", errBroken, refusal)
		}
		return resend, nil
	case codes.AlreadyExists:
		return dropTaken, nil
	case codes.Internal:
		// A fault of the server may pass, or may be this very payload.
		one.faults++
		transient = one.faults <= maxAppendFaults
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Aborted, codes.Canceled:
		transient = refusal.Reason != "MESSAGE_TOO_LARGE"
	}
	if !transient {
		return drop, nil
	}
	c.log.Warn("an append is tried again", "offset", one.offset, "error", refusal)
	if until := time.Now().Add(c.pauses.next(refusal.RetryAfter)); until.After(c.holdUntil) {
		c.holdUntil = until
	}
	return resend, nil
}

func (c *core) brief(briefing *interplayv1.AgentContext) {
	if one := c.window.at(briefing.GetOffset()); one != nil {
		one.item.receipt.brief(briefing)
	} else {
		for i, one := range c.unbriefed {
			if one.offset == briefing.GetOffset() {
				one.item.receipt.brief(briefing)
				c.unbriefed = append(c.unbriefed[:i:i], c.unbriefed[i+1:]...)
				break
			}
		}
	}
	if cap(c.contexts) == 0 {
		return
	}
	for {
		select {
		case c.contexts <- briefing:
			return
		default:
		}
		// The oldest makes room, unless somebody takes one meanwhile.
		select {
		case <-c.contexts:
		default:
		}
	}
}

func (c *core) forgetBriefings() {
	for _, one := range c.unbriefed {
		one.item.receipt.brief(nil)
	}
	c.unbriefed = nil
}

func (c *core) flushes() []chan error {
	var waiters []chan error
	for _, batch := range c.flushSent {
		waiters = append(waiters, batch...)
	}
	return append(waiters, c.flushWanted...)
}

func (c *core) settle(committed int) {
	if committed > 0 {
		c.progress += committed
		c.pauses.reset()
	}
	signal(c.room)
	signal(c.wake)
	if len(c.drains) == 0 {
		return
	}
	settled := c.window.settled()
	waiting := c.drains[:0]
	for _, one := range c.drains {
		if one.sequence <= settled {
			one.done <- nil
		} else {
			waiting = append(waiting, one)
		}
	}
	c.drains = waiting
}
