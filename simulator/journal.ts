/**
 * What happens on a simulated board, a line for each: virtual milliseconds, topic, words. Nobody writes a line that nobody
 * wants.
 */
import { type Clock, type Journal, LOG_TOPICS, type LogTopic } from "./wires.ts";

export interface LogOptions {
	/** Called with each line, without its end. */
	write: (line: string) => void;
	/** Default: all but `bus`, which has a line for each of some ten thousand transfers. */
	topics?: readonly LogTopic[];
}

export const DEFAULT_TOPICS: readonly LogTopic[] = LOG_TOPICS.filter((topic) => topic !== "bus");

/**
 * Reads a list such as `ioctl,event`.
 *
 * @throws Error that says what is wrong with it.
 */
export function parseTopics(text: string): LogTopic[] {
	if (text === "all") {
		return [...LOG_TOPICS];
	}
	return text.split(",").map((name) => {
		const topic = LOG_TOPICS.find((known) => known === name);
		if (!topic) {
			throw new Error(`"${name}" is no topic: ${LOG_TOPICS.join(", ")} or "all" is expected`);
		}
		return topic;
	});
}

export function journal(options: LogOptions | undefined, clock: Pick<Clock, "micros">): Journal {
	const topics = new Set(options && (options.topics ?? DEFAULT_TOPICS));
	return (topic) => {
		if (!options || !topics.has(topic)) {
			return undefined;
		}
		return (text) => options.write(`${(clock.micros / 1000).toFixed(3)} ${topic} ${text}`);
	};
}
