/**
 * The far end of a TCP connection of the device (RFC 9293): handshake, window, retransmission (RFC 6298), slow start and
 * fast retransmit (RFC 5681), reassembly, both ways of closing. All times are virtual.
 */
import type { Clock } from "../wires.ts";
import { ByteQueue } from "./byte-queue.ts";
import { ACK, FIN, PSH, RST, SYN, sequenceAdd, sequenceDifference, type TcpSegment } from "./tcp-segments.ts";

/** Ethernet's 1500 bytes less the headers of IP and TCP. */
export const MAXIMUM_SEGMENT_BYTES = { ipv4: 1460, ipv6: 1440 } as const;
const DEFAULT_SEGMENT_BYTES = 536;
/** What a peer may leave unread before the device has to wait. */
const RECEIVE_WINDOW_BYTES = 65_535;
const DELAYED_ACK_MICROS = 10_000;
const RETRANSMIT_START_MICROS = 1_000_000;
const RETRANSMIT_SHORTEST_MICROS = 200_000;
const RETRANSMIT_LONGEST_MICROS = 60_000_000;
const RETRANSMITS = 8;
const INITIAL_WINDOW_SEGMENTS = 10;
const DUPLICATE_ACKS = 3;
const TIME_WAIT_MICROS = 2_000_000;
/** Between these the peer's bytes are held back and asked for again. */
const BUFFER_FULL_BYTES = 128 * 1024;
const BUFFER_LOW_BYTES = 32 * 1024;

/** What the connection is attached to: the peer behind it, and the network in front. */
export interface TcpOwner {
	/** Sends a segment to the device; ports are filled in by the owner. */
	send(segment: Omit<TcpSegment, "sourcePort" | "destinationPort">): void;
	/** Bytes from the device, in order. */
	received(bytes: Uint8Array): void;
	/** Bytes that the peer was given and has not read. */
	unread(): number;
	/** The device sends no more. */
	receivedEnd(): void;
	/** The connection broke off: by a reset of the device (`reset`), or because it did not answer (`timeout`). */
	broken(reason: "reset" | "timeout"): void;
	/** Asks the peer to pause or to go on. */
	paused(pause: boolean): void;
	/** Both ends are closed and nothing is on its way any more. */
	gone(): void;
}

export type TcpState = "connecting" | "opening" | "established" | "closing" | "time-wait" | "closed";

interface Sent {
	sequence: number;
	atMicros: number;
}

export class TcpConnection {
	readonly #clock: Clock;
	readonly #owner: TcpOwner;
	readonly #maximumSegmentBytes: number;
	#segmentBytes: number;
	#state: TcpState = "opening";

	// Sending.
	readonly #initial: number;
	/** From `#unacknowledged` on. */
	readonly #out = new ByteQueue();
	#unacknowledged: number;
	#next: number;
	/** The furthest `#next` ever was: a retransmission goes back. */
	#furthest: number;
	#window = 0;
	#finWanted = false;
	/** Where our FIN stands, once it was sent. */
	#finSequence: number | undefined;
	#finAcknowledged = false;
	/** The device closed first: no TIME-WAIT for us. */
	#passive = false;
	/** Fast recovery until this is acknowledged. */
	#recover: number | undefined;
	#congestionWindow: number;
	#slowStartThreshold = Infinity;
	#duplicateAcks = 0;
	#pausedPeer = false;

	// Round trip and retransmission.
	#roundTripMicros: number | undefined;
	#roundTripVariance = 0;
	#timeoutMicros = RETRANSMIT_START_MICROS;
	#retransmits = 0;
	#timed: Sent | undefined;
	#cancelTimer: (() => void) | undefined;

	// Receiving.
	#expected = 0;
	/** The sequence number that the device may send up to. It never goes back (RFC 9293, 3.8.6). */
	#windowEnd = 0;
	#early: { sequence: number; bytes: Uint8Array }[] = [];
	#earlyFin: number | undefined;
	#finReceived = false;
	#unacknowledgedSegments = 0;
	#cancelDelayedAck: (() => void) | undefined;

	/**
	 * @param syn the device's first segment; undefined when we connect to the device.
	 * @param initialSequence of our bytes.
	 * @param maximumSegmentBytes that both ways to the device carry.
	 */
	constructor(clock: Clock, owner: TcpOwner, syn: TcpSegment | undefined, initialSequence: number, maximumSegmentBytes: number = MAXIMUM_SEGMENT_BYTES.ipv4) {
		this.#maximumSegmentBytes = this.#segmentBytes = maximumSegmentBytes;
		this.#clock = clock;
		this.#owner = owner;
		this.#initial = this.#unacknowledged = initialSequence >>> 0;
		this.#next = this.#furthest = sequenceAdd(this.#initial, 1);
		if (syn) {
			this.#synchronize(syn);
		} else {
			this.#state = "connecting";
		}
		this.#congestionWindow = INITIAL_WINDOW_SEGMENTS * this.#segmentBytes;
	}

	#synchronize(syn: TcpSegment): void {
		this.#expected = sequenceAdd(syn.sequence, 1);
		this.#windowEnd = sequenceAdd(this.#expected, RECEIVE_WINDOW_BYTES);
		this.#window = syn.window;
		this.#segmentBytes = Math.max(64, Math.min(syn.maximumSegmentBytes ?? DEFAULT_SEGMENT_BYTES, this.#maximumSegmentBytes));
	}

	get state(): TcpState {
		return this.#state;
	}

	/** Answers the device's SYN, or sends our own. */
	accept(): void {
		this.#sendSyn();
		this.#startTimer();
	}

	/** Bytes from the peer. */
	write(bytes: Uint8Array): void {
		if (this.#state === "closed" || this.#finWanted) {
			return;
		}
		this.#out.append(bytes);
		if (!this.#pausedPeer && this.#out.length > BUFFER_FULL_BYTES) {
			this.#pausedPeer = true;
			this.#owner.paused(true);
		}
		this.#transmit();
	}

	/** The peer sends no more. */
	end(): void {
		this.#finWanted = true;
		this.#transmit();
	}

	/** The peer has read: a device that waits for it is told. */
	read(): void {
		if (sequenceDifference(this.#windowEnd, this.#expected) < this.#segmentBytes) {
			this.#acknowledgeNow();
		}
	}

	/** The peer broke off: the device is told by a reset. */
	reset(): void {
		if (this.#state !== "closed") {
			this.#emit(RST | ACK, this.#next, new Uint8Array());
			this.#close();
		}
	}

	/** A segment from the device. */
	receive(segment: TcpSegment): void {
		if (this.#state === "closed") {
			return;
		}
		if (this.#state === "connecting") {
			this.#answered(segment);
			return;
		}
		if (segment.flags & RST) {
			// In the window (RFC 9293, 3.10.7.4), else ignored.
			const ahead = sequenceDifference(segment.sequence, this.#expected);
			if (ahead >= 0 && ahead <= RECEIVE_WINDOW_BYTES) {
				this.#close();
				this.#owner.broken("reset");
			}
			return;
		}
		if (segment.flags & SYN) {
			if (this.#state === "opening") {
				this.#sendSyn();
			} else {
				this.#acknowledgeNow();
			}
			return;
		}
		if (!(segment.flags & ACK)) {
			return;
		}
		if (this.#state === "opening") {
			if (segment.acknowledge !== this.#next) {
				return;
			}
			this.#state = "established";
			this.#unacknowledged = this.#next;
			this.#stopTimer();
			this.#retransmits = 0;
		}
		this.#acknowledged(segment);
		this.#data(segment);
		this.#transmit();
		this.#finish();
	}

	/** What answers our SYN (RFC 9293, 3.10.7.3). */
	#answered(segment: TcpSegment): void {
		if (!(segment.flags & ACK) || segment.acknowledge !== this.#next) {
			return;
		}
		if (segment.flags & RST) {
			this.#close();
			this.#owner.broken("reset");
			return;
		}
		if (!(segment.flags & SYN)) {
			return;
		}
		this.#synchronize(segment);
		this.#state = "established";
		this.#unacknowledged = this.#next;
		this.#stopTimer();
		this.#retransmits = 0;
		this.#acknowledgeNow();
		this.#transmit();
	}

	// ---- what the device acknowledges ---------------------------------------------------------------------------------

	#acknowledged(segment: TcpSegment): void {
		const newly = sequenceDifference(segment.acknowledge, this.#unacknowledged);
		if (newly < 0 || sequenceDifference(segment.acknowledge, this.#furthest) > 0) {
			return;
		}
		const windowBefore = this.#window;
		this.#window = segment.window;
		if (newly === 0) {
			const outstanding = sequenceDifference(this.#next, this.#unacknowledged) > 0;
			if (outstanding && !segment.payload.length && segment.window === windowBefore && !(segment.flags & FIN)) {
				this.#duplicateAck();
			} else if (windowBefore === 0 && segment.window > 0) {
				// Probes into the closed window were not taken.
				this.#goBack();
			}
			return;
		}
		const finCounted = this.#finSequence !== undefined && sequenceDifference(segment.acknowledge, this.#finSequence) > 0;
		this.#out.drop(newly - (finCounted && !this.#finAcknowledged ? 1 : 0));
		this.#finAcknowledged ||= finCounted;
		this.#unacknowledged = segment.acknowledge;
		if (sequenceDifference(this.#next, this.#unacknowledged) < 0) {
			this.#next = this.#unacknowledged;
		}
		this.#duplicateAcks = 0;
		this.#retransmits = 0;
		this.#measure(segment.acknowledge);
		this.#congestionWindow += this.#congestionWindow < this.#slowStartThreshold
			? Math.min(newly, this.#segmentBytes)
			: Math.max(1, Math.floor((this.#segmentBytes * this.#segmentBytes) / this.#congestionWindow));
		this.#stopTimer();
		if (sequenceDifference(this.#next, this.#unacknowledged) > 0) {
			this.#startTimer();
		}
		if (this.#recover !== undefined) {
			// A partial acknowledgement tells of the next hole (RFC 6582).
			if (sequenceDifference(this.#unacknowledged, this.#recover) < 0) {
				this.#retransmit();
			} else {
				this.#recover = undefined;
			}
		}
		if (this.#pausedPeer && this.#out.length < BUFFER_LOW_BYTES) {
			this.#pausedPeer = false;
			this.#owner.paused(false);
		}
	}

	#duplicateAck(): void {
		this.#duplicateAcks++;
		if (this.#duplicateAcks === DUPLICATE_ACKS && this.#recover === undefined) {
			this.#recover = this.#next;
			this.#slowStartThreshold = Math.max(Math.floor(sequenceDifference(this.#next, this.#unacknowledged) / 2), 2 * this.#segmentBytes);
			this.#congestionWindow = this.#slowStartThreshold;
			this.#retransmit();
		}
	}

	#measure(acknowledge: number): void {
		const timed = this.#timed;
		if (!timed || sequenceDifference(acknowledge, timed.sequence) < 0) {
			return;
		}
		this.#timed = undefined;
		const sample = this.#clock.micros - timed.atMicros;
		if (this.#roundTripMicros === undefined) {
			this.#roundTripMicros = sample;
			this.#roundTripVariance = sample / 2;
		} else {
			this.#roundTripVariance = 0.75 * this.#roundTripVariance + 0.25 * Math.abs(this.#roundTripMicros - sample);
			this.#roundTripMicros = 0.875 * this.#roundTripMicros + 0.125 * sample;
		}
		this.#timeoutMicros = Math.min(RETRANSMIT_LONGEST_MICROS,
			Math.max(RETRANSMIT_SHORTEST_MICROS, this.#roundTripMicros + 4 * this.#roundTripVariance));
	}

	// ---- what the device sends ------------------------------------------------------------------------------------------

	#data(segment: TcpSegment): void {
		const { payload } = segment;
		const fin = (segment.flags & FIN) !== 0;
		if (!payload.length && !fin) {
			// A probe of an idle connection asks for an answer; so does a sequence number outside the window.
			if (sequenceDifference(segment.sequence, this.#expected) !== 0) {
				this.#acknowledgeNow();
			}
			return;
		}
		const start = sequenceDifference(segment.sequence, this.#expected);
		if (start + payload.length > sequenceDifference(this.#windowEnd, this.#expected) || start + payload.length + (fin ? 1 : 0) <= 0) {
			this.#acknowledgeNow();
			return;
		}
		if (fin) {
			this.#earlyFin = sequenceAdd(segment.sequence, payload.length);
		}
		if (payload.length) {
			this.#early.push({ sequence: segment.sequence, bytes: payload });
			this.#early.sort((a, b) => sequenceDifference(a.sequence, b.sequence));
		}
		const before = this.#expected;
		while (this.#early.length && sequenceDifference(this.#early[0].sequence, this.#expected) <= 0) {
			const { sequence, bytes } = this.#early.shift() as { sequence: number; bytes: Uint8Array };
			const known = sequenceDifference(this.#expected, sequence);
			if (known < bytes.length) {
				const fresh = bytes.subarray(known);
				this.#expected = sequenceAdd(this.#expected, fresh.length);
				this.#owner.received(fresh);
				if (this.#closed()) {
					return;
				}
			}
		}
		if (this.#earlyFin === this.#expected && !this.#finReceived) {
			this.#finReceived = true;
			this.#expected = sequenceAdd(this.#expected, 1);
			this.#owner.receivedEnd();
			if (this.#closed()) {
				return;
			}
		}
		const inOrder = this.#expected !== before && start <= 0 && !this.#early.length;
		if (!inOrder || this.#finReceived || ++this.#unacknowledgedSegments >= 2) {
			this.#acknowledgeNow();
		} else {
			this.#cancelDelayedAck ??= this.#clock.schedule(DELAYED_ACK_MICROS, () => this.#acknowledgeNow());
		}
	}

	/** Asked behind calls of the owner, which may have closed us. */
	#closed(): boolean {
		return this.#state === "closed";
	}

	#acknowledgeNow(): void {
		if (this.#state !== "closed" && this.#state !== "opening" && this.#state !== "connecting") {
			this.#emit(ACK, this.#next, new Uint8Array());
		}
	}

	// ---- sending ----------------------------------------------------------------------------------------------------------

	#transmit(): void {
		if (this.#state === "opening" || this.#state === "connecting" || this.#state === "closed") {
			return;
		}
		for (;;) {
			const sent = sequenceDifference(this.#next, this.#unacknowledged);
			const room = Math.min(this.#window, this.#congestionWindow) - sent;
			const count = Math.min(this.#out.length - sent, this.#segmentBytes, room);
			if (count <= 0) {
				break;
			}
			// Sender's silly window avoidance: no small segments while more is to come.
			if (count < this.#segmentBytes && count < this.#out.length - sent && sent > 0) {
				break;
			}
			const last = count === this.#out.length - sent;
			const sequence = this.#next;
			this.#next = sequenceAdd(this.#next, count);
			if (sequenceDifference(this.#next, this.#furthest) > 0) {
				this.#furthest = this.#next;
				this.#timed ??= { sequence: this.#next, atMicros: this.#clock.micros };
			}
			this.#emit(ACK | (last ? PSH : 0), sequence, this.#out.copy(sent, count));
			this.#startTimer();
		}
		const sent = sequenceDifference(this.#next, this.#unacknowledged);
		if (this.#finWanted && !this.#finAcknowledged && sent === this.#out.length) {
			if (this.#finSequence === undefined) {
				this.#passive = this.#finReceived;
				this.#state = "closing";
			}
			this.#finSequence = this.#next;
			this.#next = sequenceAdd(this.#next, 1);
			if (sequenceDifference(this.#next, this.#furthest) > 0) {
				this.#furthest = this.#next;
			}
			this.#emit(ACK | FIN, this.#finSequence, new Uint8Array());
			this.#startTimer();
		}
		// A closed window is probed by the same timer.
		if (this.#window === 0 && this.#out.length > 0) {
			this.#startTimer();
		}
	}

	#sendSyn(): void {
		this.#emit(this.#state === "connecting" ? SYN : SYN | ACK, this.#initial, new Uint8Array(), this.#maximumSegmentBytes);
	}

	#emit(flags: number, sequence: number, payload: Uint8Array, maximumSegmentBytes?: number): void {
		this.#cancelDelayedAck?.();
		this.#cancelDelayedAck = undefined;
		this.#unacknowledgedSegments = 0;
		this.#owner.send({
			sequence, acknowledge: this.#expected, flags, window: this.#receiveWindow(), payload,
			...(maximumSegmentBytes === undefined ? {} : { maximumSegmentBytes }),
		});
	}

	/** A peer that leaves bytes unread closes it; it opens by whole segments (RFC 9293, 3.8.6.2.2). */
	#receiveWindow(): number {
		const unread = this.#owner.unread();
		const end = sequenceAdd(this.#expected, Math.max(0, RECEIVE_WINDOW_BYTES - unread));
		if (sequenceDifference(end, this.#windowEnd) >= (unread === 0 ? 0 : this.#segmentBytes)) {
			this.#windowEnd = end;
		}
		return this.#state === "connecting" ? RECEIVE_WINDOW_BYTES : sequenceDifference(this.#windowEnd, this.#expected);
	}

	#startTimer(): void {
		this.#cancelTimer ??= this.#clock.schedule(this.#timeoutMicros, () => {
			this.#cancelTimer = undefined;
			this.#timedOut();
		});
	}

	#stopTimer(): void {
		this.#cancelTimer?.();
		this.#cancelTimer = undefined;
	}

	#timedOut(): void {
		const opening = this.#state === "opening" || this.#state === "connecting";
		const probing = this.#window === 0 && !opening;
		if (!probing && ++this.#retransmits > RETRANSMITS) {
			this.#emit(RST | ACK, this.#next, new Uint8Array());
			this.#close();
			this.#owner.broken("timeout");
			return;
		}
		this.#timeoutMicros = Math.min(2 * this.#timeoutMicros, RETRANSMIT_LONGEST_MICROS);
		// A repeated segment tells nothing about the round trip (Karn).
		this.#timed = undefined;
		if (opening) {
			this.#sendSyn();
			this.#startTimer();
			return;
		}
		if (probing) {
			this.#probe();
			return;
		}
		this.#slowStartThreshold = Math.max(Math.floor(sequenceDifference(this.#next, this.#unacknowledged) / 2), 2 * this.#segmentBytes);
		this.#congestionWindow = this.#segmentBytes;
		this.#recover = undefined;
		this.#goBack();
		this.#transmit();
	}

	/** Everything that is not acknowledged is to be sent again. */
	#goBack(): void {
		this.#next = this.#unacknowledged;
	}

	/** One byte into a closed window. */
	#probe(): void {
		this.#goBack();
		if (this.#out.length > 0) {
			this.#next = sequenceAdd(this.#next, 1);
			if (sequenceDifference(this.#next, this.#furthest) > 0) {
				this.#furthest = this.#next;
			}
			this.#emit(ACK, this.#unacknowledged, this.#out.copy(0, 1));
			this.#startTimer();
		}
	}

	/** Sends the oldest segment again, out of turn. */
	#retransmit(): void {
		const count = Math.min(this.#out.length, this.#segmentBytes, sequenceDifference(this.#next, this.#unacknowledged));
		if (count > 0 && this.#out.length > 0) {
			this.#emit(ACK | PSH, this.#unacknowledged, this.#out.copy(0, count));
			this.#startTimer();
		}
	}

	// ---- closing ----------------------------------------------------------------------------------------------------------

	#finish(): void {
		if (this.#state !== "closing" || !this.#finAcknowledged || !this.#finReceived) {
			return;
		}
		this.#stopTimer();
		if (this.#passive) {
			this.#close();
			return;
		}
		this.#state = "time-wait";
		this.#clock.schedule(TIME_WAIT_MICROS, () => {
			if (this.#state === "time-wait") {
				this.#close();
			}
		});
	}

	#close(): void {
		this.#state = "closed";
		this.#stopTimer();
		this.#cancelDelayedAck?.();
		this.#cancelDelayedAck = undefined;
		this.#owner.gone();
	}
}
