// @ts-check
/** The page of a simulated board, in the browser. What it is told stands in page-server.ts and board-view.ts. */

/** @typedef {import("./board-view.ts").Now} Now */
/** @typedef {import("../network/traffic/summary.ts").PacketSummary} PacketSummary */
/** @typedef {{ name: string, start: number, bytes: number }} MemoryObject */

/** The Pico W's header, from the USB socket down (Pico W data sheet, figure 3). */
const LEFT = ["GP0", "GP1", "GND", "GP2", "GP3", "GP4", "GP5", "GND", "GP6", "GP7", "GP8", "GP9", "GND", "GP10", "GP11", "GP12", "GP13", "GND", "GP14", "GP15"];
const RIGHT = ["VBUS", "VSYS", "GND", "3V3_EN", "3V3", "ADC_VREF", "GP28", "AGND", "GP27", "GP26", "RUN", "GP22", "GND", "GP21", "GP20", "GP19", "GP18", "GND", "GP17", "GP16"];
const SVG = "http://www.w3.org/2000/svg";
const SRAM_START = 0x20000000;
const BLOCK_BYTES = 1024;
const BLOCKS = 264;
const BLOCKS_A_ROW = 33;
const PACKETS_SHOWN = 500;
const CONSOLE_CHARACTERS = 200_000;

/** @type {Readonly<Record<string, string>>} */
const MILESTONES = {
	usbConfigured: "USB configured",
	consoleFirstLine: "first line of the console",
	radioPowered: "radio powered",
	radioFirmwareReady: "radio's firmware ready",
	associated: "associated",
	keyed: "keys exchanged",
	address: "address",
	firstDnsAnswer: "first DNS answer",
	firstTcpConnection: "first TCP connection",
	firstTlsRecord: "first TLS record",
};

/** @type {MemoryObject[]} */
let objects = [];
let held = false;
/** Escape sequences of terminals are not shown; one may be cut between two pieces. */
let unfinishedEscape = "";
/** What is in the lists now, so that they are only made anew when they change. */
let shownTimeline = "";
let shownViolations = "";

/** @param {string} id @returns {HTMLElement} */
function element(id) {
	const found = document.getElementById(id);
	if (!found) {
		throw new Error(`the page has no #${id}`);
	}
	return found;
}

/** @param {string} name @param {Record<string, string | number>} attributes @param {Element} parent */
function drawn(name, attributes, parent) {
	const made = document.createElementNS(SVG, name);
	for (const [key, value] of Object.entries(attributes)) {
		made.setAttribute(key, String(value));
	}
	parent.append(made);
	return made;
}

/** @param {string} id @param {string} text */
function say(id, text) {
	const target = element(id);
	if (target.textContent !== text) {
		target.textContent = text;
	}
}

// ---- orders ---------------------------------------------------------------------------------------------------------

/** @param {{ order: string, speed?: number | null, text?: string }} what */
async function order(what) {
	try {
		const response = await fetch("order", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) });
		if (!response.ok) {
			say("status", `refused: ${(await response.text()).trim()}`);
		}
	} catch {
		say("status", "the simulator does not answer");
	}
}

element("hold").addEventListener("click", () => void order({ order: held ? "go" : "hold" }));
element("reset").addEventListener("click", () => void order({ order: "reset" }));
const speed = /** @type {HTMLSelectElement} */ (element("speed"));
speed.addEventListener("change", () => void order({ order: "speed", speed: speed.value === "max" ? null : Number(speed.value) }));
const line = /** @type {HTMLInputElement} */ (element("line"));
element("type").addEventListener("submit", (event) => {
	event.preventDefault();
	// A terminal's Enter is a carriage return.
	void order({ order: "type", text: `${line.value}\r` });
	line.value = "";
});

// ---- the board ------------------------------------------------------------------------------------------------------

/** @type {Map<number, { group: Element, title: Element }>} */
const pins = new Map();
const led = drawBoard();

function drawBoard() {
	const board = element("board");
	drawn("rect", { class: "plate", x: 50, y: 20, width: 220, height: 560, rx: 8 }, board);
	drawn("rect", { class: "metal", x: 120, y: 4, width: 80, height: 50, rx: 4 }, board);
	drawn("rect", { class: "chip", x: 120, y: 215, width: 80, height: 80, rx: 3 }, board);
	drawn("text", { x: 160, y: 259, "text-anchor": "middle" }, board).textContent = "RP2040";
	drawn("rect", { class: "metal", x: 120, y: 400, width: 80, height: 90, rx: 4 }, board);
	drawn("text", { class: "on-metal", x: 160, y: 449, "text-anchor": "middle" }, board).textContent = "radio";
	const light = drawn("circle", { class: "led", cx: 128, cy: 78, r: 7, role: "img" }, board);
	drawn("text", { x: 140, y: 82 }, board).textContent = "LED";
	const title = drawn("title", {}, light);
	for (const [names, x, textX, anchor] of /** @type {const} */ ([[LEFT, 64, 78, "start"], [RIGHT, 256, 242, "end"]])) {
		names.forEach((name, index) => {
			const gpio = /^GP(\d+)$/.exec(name);
			const y = 42 + index * 27.3;
			const group = drawn("g", { class: gpio ? "pin" : "power", ...(gpio && { role: "img" }) }, board);
			drawn("circle", { cx: x, cy: y, r: 7 }, group);
			drawn("text", { x: textX, y: y + 4, "text-anchor": anchor }, group).textContent = name;
			if (gpio) {
				pins.set(Number(gpio[1]), { group, title: drawn("title", {}, group) });
			}
		});
	}
	return { light, title };
}

/** @param {Now} now */
function showBoard({ level, driven, changed, led: on }) {
	led.light.classList.toggle("on", on);
	led.title.textContent = `LED ${on ? "on" : "off"}`;
	say("led-text", on ? "on" : "off");
	for (const [index, { group, title }] of pins) {
		const bit = 1 << index;
		group.classList.toggle("high", (level & bit) !== 0);
		group.classList.toggle("driven", (driven & bit) !== 0);
		group.classList.toggle("changed", (changed & bit) !== 0);
		const text = `GP${index} ${level & bit ? "high" : "low"}${driven & bit ? ", driven" : ""}${changed & bit ? ", changing" : ""}`;
		if (title.textContent !== text) {
			title.textContent = text;
		}
	}
}

// ---- console and packets --------------------------------------------------------------------------------------------

/** Appends, and stays at the end if that is what is looked at. @param {HTMLElement} scrolled @param {() => void} append */
function following(scrolled, append) {
	const atEnd = scrolled.scrollHeight - scrolled.scrollTop - scrolled.clientHeight < 8;
	append();
	if (atEnd) {
		scrolled.scrollTop = scrolled.scrollHeight;
	}
}

/** @param {string} text */
function showConsole(text) {
	const target = element("console");
	const whole = unfinishedEscape + text;
	const cut = /\x1b(?:\[[0-9;?]*)?$/.exec(whole);
	unfinishedEscape = cut?.[0] ?? "";
	const shown = whole.slice(0, cut?.index).replace(/\x1b\[[0-9;?]*[A-Za-z]|\r/g, "");
	following(target, () => {
		target.append(shown);
		target.normalize();
		const node = target.firstChild;
		if (node instanceof Text && node.length > 2 * CONSOLE_CHARACTERS) {
			node.deleteData(0, node.length - CONSOLE_CHARACTERS);
		}
	});
}

/** @param {PacketSummary[]} packets */
function showPackets(packets) {
	const table = element("packets");
	following(element("packets-scroll"), () => {
		for (const { atMicros, fromDevice, source, destination, protocol, lengthBytes, text } of packets.slice(-PACKETS_SHOWN)) {
			const row = document.createElement("tr");
			row.className = fromDevice ? "sent" : "received";
			[(atMicros / 1000).toFixed(3), source, destination, protocol, String(lengthBytes), text].forEach((value, column) => {
				const cell = document.createElement("td");
				cell.textContent = value;
				if (column === 0 || column === 4) {
					cell.className = "number";
				}
				row.append(cell);
			});
			table.append(row);
		}
		while (table.childElementCount > PACKETS_SHOWN) {
			table.firstElementChild?.remove();
		}
	});
	packetCount += packets.length;
	say("packets-count", String(packetCount));
}

let packetCount = 0;

// ---- timeline, memory, violations -----------------------------------------------------------------------------------

/** @param {Now} now */
function showTimeline({ milestones, resets, micros }) {
	const marks = [
		...Object.entries(milestones).map(([name, at]) => ({ at, text: MILESTONES[name] ?? name, reset: false })),
		...resets.map(({ atMicros, reason }) => ({ at: atMicros, text: `reset: ${reason}`, reset: true })),
	].sort((one, other) => one.at - other.at);
	const dots = element("line-of-time");
	const shown = JSON.stringify(marks);
	if (shown !== shownTimeline) {
		shownTimeline = shown;
		element("milestones").replaceChildren(...marks.map(({ at, text }) => {
			const item = document.createElement("li");
			const time = document.createElement("b");
			time.textContent = `${(at / 1000).toFixed(1)} ms `;
			item.append(time, text);
			return item;
		}));
		dots.replaceChildren(...marks.map(({ reset }) => {
			const dot = document.createElement("i");
			dot.className = reset ? "reset" : "";
			return dot;
		}));
	}
	marks.forEach(({ at }, index) => {
		const dot = /** @type {HTMLElement} */ (dots.children[index]);
		dot.style.left = `${(100 * at) / Math.max(micros, 1)}%`;
	});
}

const squares = Array.from({ length: BLOCKS }, (_, index) =>
	drawn("rect", { x: (index % BLOCKS_A_ROW) + 0.05, y: Math.floor(index / BLOCKS_A_ROW) + 0.05, width: 0.9, height: 0.9 }, element("memory")));

/** @param {Now} now */
function showMemory({ memory, stack, usedBytes }) {
	const inStack = (/** @type {number} */ index) => stack.some(({ startAddress, lowestAddress }) => {
		const start = SRAM_START + index * BLOCK_BYTES;
		return start < startAddress && start + BLOCK_BYTES > lowestAddress;
	});
	squares.forEach((square, index) => {
		const kind = ["", "used", "changed"][Number(memory[index])];
		square.setAttribute("class", `${kind}${inStack(index) ? " stack" : ""}`);
	});
	const rows = [
		...stack.map(({ lowestAddress, bytes }, core) => [`stack of core ${core}, deepest`, `0x${lowestAddress.toString(16)}`, "", String(bytes)]),
		...objects.map(({ name, start, bytes }, index) => [name, `0x${start.toString(16)}`, String(bytes), `${usedBytes[index]} (${Math.round((100 * usedBytes[index]) / bytes)} %)`]),
	];
	const table = /** @type {HTMLTableSectionElement} */ (element("objects"));
	while (table.rows.length < rows.length) {
		const row = table.insertRow();
		["", "", "number", "number"].forEach((name) => {
			row.insertCell().className = name;
		});
	}
	while (table.rows.length > rows.length) {
		table.deleteRow(-1);
	}
	rows.forEach((texts, row) => texts.forEach((text, column) => {
		const cell = table.rows[row].cells[column];
		if (cell.textContent !== text) {
			cell.textContent = text;
		}
	}));
}

/** @param {Now} now */
function showViolations({ violations }) {
	const shown = JSON.stringify(violations);
	if (shown === shownViolations) {
		return;
	}
	shownViolations = shown;
	element("violations").replaceChildren(...(violations.length ? violations : [undefined]).map((violation) => {
		const item = document.createElement("li");
		item.className = violation?.level ?? "";
		item.textContent = violation
			? `${violation.level} ${violation.code} at ${(violation.atMicros / 1000).toFixed(3)} ms, pc 0x${violation.programCounter.toString(16).padStart(8, "0")}${violation.count > 1 ? `, ${violation.count} times` : ""}: ${violation.text}`
			: "none";
		return item;
	}));
}

// ---- what the simulator tells ---------------------------------------------------------------------------------------

/** @param {Now} now */
function show(now) {
	held = now.held;
	say("time", `${(now.micros / 1e6).toFixed(3)} s`);
	say("pace", now.held || now.end !== null ? "–" : `× ${now.pace.toFixed(now.pace < 1 ? 2 : 1)}`);
	say("load", `${Math.round(100 * now.load)} %`);
	say("hold", now.held ? "Run" : "Hold");
	element("status").className = now.end === null ? "" : "ended";
	say("status", now.end ?? (now.held ? "held" : "running"));
	if (document.activeElement !== speed) {
		speed.value = now.speed === null ? "max" : String(now.speed);
	}
	showBoard(now);
	showTimeline(now);
	showMemory(now);
	showViolations(now);
}

const source = new EventSource("events");
/** @param {string} name @param {(data: any) => void} take */
const on = (name, take) => source.addEventListener(name, (event) => take(JSON.parse(event.data)));
on("hello", (hello) => {
	objects = hello.objects;
	// Another board, or a lost connection made anew: the histories come from their beginning.
	unfinishedEscape = "";
	element("console").textContent = "";
	element("packets").replaceChildren();
	packetCount = 0;
});
on("console", showConsole);
on("packets", showPackets);
on("now", show);
source.addEventListener("closed", () => {
	source.close();
	say("status", "the simulator has ended");
	element("status").className = "ended";
});
source.addEventListener("error", () => say("status", "the simulator does not answer"));
