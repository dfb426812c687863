/** What GDB is told of the target: its registers and its memory (GDB manual, appendices G and E.15). */

const names = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12"];

/** A Cortex-M0+; the order of the registers is that of the packets g and G. */
export const targetDescription = `<?xml version="1.0"?>
<!DOCTYPE target SYSTEM "gdb-target.dtd">
<target version="1.0">
<architecture>armv6s-m</architecture>
<feature name="org.gnu.gdb.arm.m-profile">
${names.map((name) => `<reg name="${name}" bitsize="32"/>`).join("\n")}
<reg name="sp" bitsize="32" type="data_ptr"/>
<reg name="lr" bitsize="32"/>
<reg name="pc" bitsize="32" type="code_ptr"/>
<reg name="xpsr" bitsize="32"/>
</feature>
<feature name="org.gnu.gdb.arm.m-system">
<reg name="msp" bitsize="32" type="data_ptr"/>
<reg name="psp" bitsize="32" type="data_ptr"/>
<reg name="primask" bitsize="32"/>
<reg name="control" bitsize="32"/>
</feature>
</target>
`;

/** RP2040 datasheet 2.2. Flash is erased by sectors, so that \`load\` works; all else is memory or registers. */
export const memoryMap = `<?xml version="1.0"?>
<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" "http://sourceware.org/gdb/gdb-memory-map.dtd">
<memory-map>
<memory type="rom" start="0x00000000" length="0x4000"/>
<memory type="flash" start="0x10000000" length="0x200000"><property name="blocksize">0x1000</property></memory>
<memory type="ram" start="0x11000000" length="0x9000000"/>
<memory type="ram" start="0x20000000" length="0x42000"/>
<memory type="ram" start="0x21000000" length="0x40000"/>
<memory type="ram" start="0x40000000" length="0xa0000000"/>
</memory-map>
`;
