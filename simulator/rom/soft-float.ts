/**
 * The boot ROM's single and double precision functions: exact arithmetic of the host, with the ROM's own rules for
 * what IEEE 754 leaves to it, and what each call costs.
 *
 * Rules (RP2040 datasheet 2.8.3.2): round to nearest even, denormals are zero going in and coming out, NaN counts as
 * infinity, conversions to integers round toward minus infinity and clamp. Cycles: measured on the public ROM source.
 */

/** Registers as the processor keeps them. */
type Registers = Int32Array;

/** One entry of a table: works on r0 to r3 and returns its cycles. `flags` is set by the one that compares by flags. */
export interface FloatFunction {
	offset: number;
	name: string;
	cycles: number;
	call(r: Registers, setFlags: (negative: boolean, zero: boolean, carry: boolean) => void): void;
}

const buffer = new DataView(new ArrayBuffer(8));
const SMALLEST_FLOAT = 2 ** -126;
const SMALLEST_DOUBLE = 2 ** -1022;

function toFloat(bits: number): number {
	const exponent = (bits >>> 23) & 0xff;
	if (exponent === 0) {
		return bits < 0 ? -0 : 0;
	}
	if (exponent === 0xff) {
		return bits < 0 ? -Infinity : Infinity;
	}
	buffer.setInt32(0, bits);
	return buffer.getFloat32(0);
}

function fromFloat(value: number): number {
	let result = Number.isNaN(value) ? Infinity : Math.fround(value);
	if (result !== 0 && Math.abs(result) < SMALLEST_FLOAT) {
		result = result < 0 ? -0 : 0;
	}
	buffer.setFloat32(0, result);
	return buffer.getInt32(0);
}

function toDouble(low: number, high: number): number {
	const exponent = (high >>> 20) & 0x7ff;
	if (exponent === 0) {
		return high < 0 ? -0 : 0;
	}
	if (exponent === 0x7ff) {
		return high < 0 ? -Infinity : Infinity;
	}
	buffer.setInt32(0, high);
	buffer.setInt32(4, low);
	return buffer.getFloat64(0);
}

function setDouble(r: Registers, at: number, value: number): void {
	let result = Number.isNaN(value) ? Infinity : value;
	if (result !== 0 && Math.abs(result) < SMALLEST_DOUBLE) {
		result = result < 0 ? -0 : 0;
	}
	buffer.setFloat64(0, result);
	r[at] = buffer.getInt32(4);
	r[at + 1] = buffer.getInt32(0);
}

function clamp(value: number, low: number, high: number): number {
	return value < low ? low : value > high ? high : Math.floor(value);
}

const toInt = (value: number): number => clamp(value, -0x80000000, 0x7fffffff);
const toUint = (value: number): number => clamp(value, 0, 0xffffffff);

function setInt64(r: Registers, value: number, signed: boolean): void {
	const low = signed ? -(1n << 63n) : 0n;
	const high = signed ? (1n << 63n) - 1n : (1n << 64n) - 1n;
	let wide = value === Infinity ? high : value === -Infinity ? low : BigInt(Math.floor(value));
	wide = wide < low ? low : wide > high ? high : wide;
	r[0] = Number(BigInt.asIntN(32, wide));
	r[1] = Number(BigInt.asIntN(32, wide >> 32n));
}

function int64(r: Registers, signed: boolean): bigint {
	const bits = (BigInt(r[1] >>> 0) << 32n) | BigInt(r[0] >>> 0);
	return signed ? BigInt.asIntN(64, bits) : bits;
}

/** Scales by a power of two without an intermediate overflow of 2 ** n. */
function scale(value: number, power: number): number {
	const half = Math.trunc(power / 2);
	return value * 2 ** half * 2 ** (power - half);
}

/** A 64-bit integer to the nearest single without rounding twice. */
function wideToFloat(value: bigint): number {
	const negative = value < 0n;
	let magnitude = negative ? -value : value;
	const extra = magnitude.toString(2).length - 53;
	if (extra > 0) {
		// Keep 53 bits; a sticky one stands for what is cut, far below the 24 bits that stay.
		const sticky = magnitude & ((1n << BigInt(extra)) - 1n) ? 1n : 0n;
		magnitude = ((magnitude >> BigInt(extra)) | sticky) << BigInt(extra);
	}
	return Math.fround(Number(negative ? -magnitude : magnitude));
}

function compare(a: number, b: number): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

const single = (offset: number, name: string, cycles: number, f: (r: Registers, x: number) => number): FloatFunction => ({
	offset, name, cycles,
	call(r) {
		r[0] = fromFloat(f(r, toFloat(r[0])));
	},
});

const singlePair = (offset: number, name: string, cycles: number, f: (x: number, y: number) => number): FloatFunction => ({
	offset, name, cycles,
	call(r) {
		r[0] = fromFloat(f(toFloat(r[0]), toFloat(r[1])));
	},
});

const double = (offset: number, name: string, cycles: number, f: (x: number) => number): FloatFunction => ({
	offset, name, cycles,
	call(r) {
		setDouble(r, 0, f(toDouble(r[0], r[1])));
	},
});

const doublePair = (offset: number, name: string, cycles: number, f: (x: number, y: number) => number): FloatFunction => ({
	offset, name, cycles,
	call(r) {
		setDouble(r, 0, f(toDouble(r[0], r[1]), toDouble(r[2], r[3])));
	},
});

const root = (x: number): number => (x < 0 ? -Infinity : Math.sqrt(x));
const logarithm = (x: number): number => (x <= 0 ? -Infinity : Math.log(x));

/** Table "SF". */
export const singleFunctions: FloatFunction[] = [
	singlePair(0x00, "fadd", 70, (x, y) => x + y),
	singlePair(0x04, "fsub", 72, (x, y) => x - y),
	singlePair(0x08, "fmul", 55, (x, y) => x * y),
	singlePair(0x0c, "fdiv", 85, (x, y) => x / y),
	{ offset: 0x10, name: "fcmp_fast", cycles: 14, call(r) { r[0] = compare(toFloat(r[0]), toFloat(r[1])); } },
	{
		offset: 0x14, name: "fcmp_fast_flags", cycles: 14,
		call(r, setFlags) {
			const order = compare(toFloat(r[0]), toFloat(r[1]));
			setFlags(order < 0, order === 0, order >= 0);
		},
	},
	single(0x18, "fsqrt", 63, (_r, x) => root(x)),
	{ offset: 0x1c, name: "float2int", cycles: 38, call(r) { r[0] = toInt(toFloat(r[0])); } },
	{ offset: 0x20, name: "float2fix", cycles: 37, call(r) { r[0] = toInt(scale(toFloat(r[0]), r[1])); } },
	{ offset: 0x24, name: "float2uint", cycles: 37, call(r) { r[0] = toUint(toFloat(r[0])); } },
	{ offset: 0x28, name: "float2ufix", cycles: 36, call(r) { r[0] = toUint(scale(toFloat(r[0]), r[1])); } },
	{ offset: 0x2c, name: "int2float", cycles: 53, call(r) { r[0] = fromFloat(r[0]); } },
	{ offset: 0x30, name: "fix2float", cycles: 52, call(r) { r[0] = fromFloat(scale(r[0], -r[1])); } },
	{ offset: 0x34, name: "uint2float", cycles: 52, call(r) { r[0] = fromFloat(r[0] >>> 0); } },
	{ offset: 0x38, name: "ufix2float", cycles: 51, call(r) { r[0] = fromFloat(scale(r[0] >>> 0, -r[1])); } },
	single(0x3c, "fcos", 575, (_r, x) => Math.cos(x)),
	// The ROM leaves the cosine in r1; the SDK's sincosf takes it from there.
	single(0x40, "fsin", 567, (r, x) => { r[1] = fromFloat(Math.cos(x)); return Math.sin(x); }),
	single(0x44, "ftan", 655, (_r, x) => Math.tan(x)),
	single(0x48, "fsincos", 567, (r, x) => { r[1] = fromFloat(Math.cos(x)); return Math.sin(x); }),
	single(0x4c, "fexp", 518, (_r, x) => Math.exp(x)),
	single(0x50, "fln", 786, (_r, x) => logarithm(x)),
	{ offset: 0x54, name: "fcmp_basic", cycles: 26, call(r) { r[0] = compare(toFloat(r[0]), toFloat(r[1])); } },
	singlePair(0x58, "fatan2", 666, (y, x) => Math.atan2(y, x)),
	{ offset: 0x5c, name: "int642float", cycles: 89, call(r) { r[0] = fromFloat(wideToFloat(int64(r, true))); } },
	{ offset: 0x60, name: "fix642float", cycles: 89, call(r) { r[0] = fromFloat(scale(wideToFloat(int64(r, true)), -r[2])); } },
	{ offset: 0x64, name: "uint642float", cycles: 70, call(r) { r[0] = fromFloat(wideToFloat(int64(r, false))); } },
	{ offset: 0x68, name: "ufix642float", cycles: 70, call(r) { r[0] = fromFloat(scale(wideToFloat(int64(r, false)), -r[2])); } },
	{ offset: 0x6c, name: "float2int64", cycles: 50, call(r) { setInt64(r, toFloat(r[0]), true); } },
	{ offset: 0x70, name: "float2fix64", cycles: 50, call(r) { setInt64(r, scale(toFloat(r[0]), r[1]), true); } },
	{ offset: 0x74, name: "float2uint64", cycles: 40, call(r) { setInt64(r, toFloat(r[0]), false); } },
	{ offset: 0x78, name: "float2ufix64", cycles: 40, call(r) { setInt64(r, scale(toFloat(r[0]), r[1]), false); } },
	{ offset: 0x7c, name: "float2double", cycles: 15, call(r) { setDouble(r, 0, toFloat(r[0])); } },
];

/** Table "SD". */
export const doubleFunctions: FloatFunction[] = [
	doublePair(0x00, "dadd", 88, (x, y) => x + y),
	doublePair(0x04, "dsub", 93, (x, y) => x - y),
	doublePair(0x08, "dmul", 154, (x, y) => x * y),
	doublePair(0x0c, "ddiv", 199, (x, y) => x / y),
	{ offset: 0x10, name: "dcmp_fast", cycles: 25, call(r) { r[0] = compare(toDouble(r[0], r[1]), toDouble(r[2], r[3])); } },
	{
		offset: 0x14, name: "dcmp_fast_flags", cycles: 25,
		call(r, setFlags) {
			const order = compare(toDouble(r[0], r[1]), toDouble(r[2], r[3]));
			setFlags(order < 0, order === 0, order >= 0);
		},
	},
	double(0x18, "dsqrt", 168, root),
	{ offset: 0x1c, name: "double2int", cycles: 69, call(r) { r[0] = toInt(toDouble(r[0], r[1])); } },
	{ offset: 0x20, name: "double2fix", cycles: 69, call(r) { r[0] = toInt(scale(toDouble(r[0], r[1]), r[2])); } },
	{ offset: 0x24, name: "double2uint", cycles: 59, call(r) { r[0] = toUint(toDouble(r[0], r[1])); } },
	{ offset: 0x28, name: "double2ufix", cycles: 59, call(r) { r[0] = toUint(scale(toDouble(r[0], r[1]), r[2])); } },
	{ offset: 0x2c, name: "int2double", cycles: 59, call(r) { setDouble(r, 0, r[0]); } },
	{ offset: 0x30, name: "fix2double", cycles: 59, call(r) { setDouble(r, 0, scale(r[0], -r[1])); } },
	{ offset: 0x34, name: "uint2double", cycles: 53, call(r) { setDouble(r, 0, r[0] >>> 0); } },
	{ offset: 0x38, name: "ufix2double", cycles: 53, call(r) { setDouble(r, 0, scale(r[0] >>> 0, -r[1])); } },
	double(0x3c, "dcos", 1616, Math.cos),
	double(0x40, "dsin", 1613, Math.sin),
	double(0x44, "dtan", 1896, Math.tan),
	{
		offset: 0x48, name: "dsincos", cycles: 1714,
		call(r) {
			const x = toDouble(r[0], r[1]);
			setDouble(r, 0, Math.sin(x));
			setDouble(r, 2, Math.cos(x));
		},
	},
	double(0x4c, "dexp", 802, Math.exp),
	double(0x50, "dln", 902, logarithm),
	{ offset: 0x54, name: "dcmp_basic", cycles: 37, call(r) { r[0] = compare(toDouble(r[0], r[1]), toDouble(r[2], r[3])); } },
	doublePair(0x58, "datan2", 2172, (y, x) => Math.atan2(y, x)),
	{ offset: 0x5c, name: "int642double", cycles: 72, call(r) { setDouble(r, 0, Number(int64(r, true))); } },
	{ offset: 0x60, name: "fix642double", cycles: 72, call(r) { setDouble(r, 0, scale(Number(int64(r, true)), -r[2])); } },
	{ offset: 0x64, name: "uint642double", cycles: 57, call(r) { setDouble(r, 0, Number(int64(r, false))); } },
	{ offset: 0x68, name: "ufix642double", cycles: 57, call(r) { setDouble(r, 0, scale(Number(int64(r, false)), -r[2])); } },
	{ offset: 0x6c, name: "double2int64", cycles: 60, call(r) { setInt64(r, toDouble(r[0], r[1]), true); } },
	{ offset: 0x70, name: "double2fix64", cycles: 60, call(r) { setInt64(r, scale(toDouble(r[0], r[1]), r[2]), true); } },
	{ offset: 0x74, name: "double2uint64", cycles: 51, call(r) { setInt64(r, toDouble(r[0], r[1]), false); } },
	{ offset: 0x78, name: "double2ufix64", cycles: 52, call(r) { setInt64(r, scale(toDouble(r[0], r[1]), r[2]), false); } },
	{ offset: 0x7c, name: "double2float", cycles: 23, call(r) { r[0] = fromFloat(toDouble(r[0], r[1])); } },
];
