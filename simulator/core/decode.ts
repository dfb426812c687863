/**
 * The instruction set of the Cortex-M0+ (ARMv6-M Architecture Reference Manual, chapter A5) as a table: first halfword →
 * operation. Used by the processor's loop and by the tests that go through every encoding.
 */

export const enum Op {
	Undefined,
	LslsImmediate, LsrsImmediate, AsrsImmediate,
	AddsRegister, SubsRegister, AddsImmediate3, SubsImmediate3,
	MovsImmediate, CmpImmediate, AddsImmediate8, SubsImmediate8,
	Ands, Eors, LslsRegister, LsrsRegister, AsrsRegister, Adcs, Sbcs, Rors,
	Tst, Rsbs, CmpRegister, Cmn, Orrs, Muls, Bics, Mvns,
	AddHigh, CmpHigh, MovHigh, Bx, Blx,
	LdrLiteral,
	StrRegister, StrhRegister, StrbRegister, LdrsbRegister, LdrRegister, LdrhRegister, LdrbRegister, LdrshRegister,
	StrImmediate, LdrImmediate, StrbImmediate, LdrbImmediate, StrhImmediate, LdrhImmediate,
	StrStack, LdrStack, Adr, AddStack, AddStackImmediate, SubStackImmediate,
	Sxth, Sxtb, Uxth, Uxtb, Push, Cps, Rev, Rev16, Revsh, Pop, Bkpt,
	Nop, Yield, Wfe, Wfi, Sev,
	Stm, Ldm,
	Beq, Bne, Bcs, Bcc, Bmi, Bpl, Bvs, Bvc, Bhi, Bls, Bge, Blt, Bgt, Ble,
	Svc, Branch, Wide,
}

/** The operation of a first halfword; `Op.Wide` when a second one follows. */
export function decode(opcode: number): Op {
	switch (opcode >>> 11) {
		case 0b00000: return Op.LslsImmediate;
		case 0b00001: return Op.LsrsImmediate;
		case 0b00010: return Op.AsrsImmediate;
		case 0b00011: return Op.AddsRegister + ((opcode >>> 9) & 3);
		case 0b00100: return Op.MovsImmediate;
		case 0b00101: return Op.CmpImmediate;
		case 0b00110: return Op.AddsImmediate8;
		case 0b00111: return Op.SubsImmediate8;
		case 0b01000: return dataProcessing(opcode);
		case 0b01001: return Op.LdrLiteral;
		case 0b01010: case 0b01011: return Op.StrRegister + ((opcode >>> 9) & 7);
		case 0b01100: return Op.StrImmediate;
		case 0b01101: return Op.LdrImmediate;
		case 0b01110: return Op.StrbImmediate;
		case 0b01111: return Op.LdrbImmediate;
		case 0b10000: return Op.StrhImmediate;
		case 0b10001: return Op.LdrhImmediate;
		case 0b10010: return Op.StrStack;
		case 0b10011: return Op.LdrStack;
		case 0b10100: return Op.Adr;
		case 0b10101: return Op.AddStack;
		case 0b10110: case 0b10111: return miscellaneous(opcode);
		case 0b11000: return Op.Stm;
		case 0b11001: return Op.Ldm;
		case 0b11010: case 0b11011: {
			const condition = (opcode >>> 8) & 15;
			return condition === 15 ? Op.Svc : condition === 14 ? Op.Undefined : Op.Beq + condition;
		}
		case 0b11100: return Op.Branch;
		case 0b11110: return Op.Wide;
		default: return Op.Undefined;
	}
}

function dataProcessing(opcode: number): Op {
	if (opcode < 0x4400) {
		return Op.Ands + ((opcode >>> 6) & 15);
	}
	switch ((opcode >>> 8) & 3) {
		case 0: return Op.AddHigh;
		case 1: return Op.CmpHigh;
		case 2: return Op.MovHigh;
		default: return opcode & 0x80 ? Op.Blx : Op.Bx;
	}
}

function miscellaneous(opcode: number): Op {
	switch ((opcode >>> 8) & 15) {
		case 0b0000: return opcode & 0x80 ? Op.SubStackImmediate : Op.AddStackImmediate;
		case 0b0010: return Op.Sxth + ((opcode >>> 6) & 3);
		case 0b0100: case 0b0101: return Op.Push;
		case 0b0110: return (opcode & 0xffef) === 0xb662 ? Op.Cps : Op.Undefined;
		case 0b1010: {
			const which = (opcode >>> 6) & 3;
			return which === 0 ? Op.Rev : which === 1 ? Op.Rev16 : which === 3 ? Op.Revsh : Op.Undefined;
		}
		case 0b1100: case 0b1101: return Op.Pop;
		case 0b1110: return Op.Bkpt;
		case 0b1111: {
			if (opcode & 15) {
				return Op.Undefined;
			}
			const hint = (opcode >>> 4) & 15;
			return hint === 1 ? Op.Yield : hint === 2 ? Op.Wfe : hint === 3 ? Op.Wfi : hint === 4 ? Op.Sev : Op.Nop;
		}
		default: return Op.Undefined;
	}
}

/** `decode` of all 65,536 halfwords. */
export function decodeTable(): Uint8Array {
	const table = new Uint8Array(0x10000);
	for (let opcode = 0; opcode < 0x10000; opcode++) {
		table[opcode] = decode(opcode);
	}
	return table;
}
