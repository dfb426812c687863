// The memory table from a map as GNU ld 2.40 writes it.

import assert from "node:assert/strict";
import test from "node:test";
import { readLinkMap } from "../../../tools/size/link-map.ts";
import { memoryTable } from "../../../tools/size/memory-table.ts";

// Lines taken from a real map of a firmware, cut down; addresses and sizes changed to make sums easy.
const map = `Discarded input sections

 .text          0x00000000      0x100 CMakeFiles/picofetch.dir/main.c.o

Linker script and memory map

LOAD CMakeFiles/picofetch.dir/main.c.o
                0x20000000                        RAM_ORIGIN_DEFAULT = 0x20000000

.boot2          0x10000000      0x100
 *(.boot2)
 .boot2         0x10000000      0x100 bs2_default_library.dir/bs2_default_padded_checksummed.S.o

.text           0x10004000     0x1000
 *(.init)
 .text.main     0x10004000      0x400 CMakeFiles/picofetch.dir/main.c.o
                0x10004000                main
 .text.fxRunID  0x10004400      0x800 CMakeFiles/picofetch.dir/home/user/picofetch/third-party/xs/xs/sources/xsRun.c.o
 *fill*         0x10004c00        0x4 
 .text.mbedtls_ssl_handshake_step_of_a_long_name
                0x10004c04      0x3f8 CMakeFiles/picofetch.dir/home/user/picofetch/third-party/mbedtls/library/ssl_tls.c.o
 .rodata.tls13_label.str1.1
                0x10004ffc       0x20 CMakeFiles/picofetch.dir/home/user/picofetch/third-party/mbedtls/library/ssl_tls13_keys.c.o
 .text.memcpy   0x10004ffc        0x4 /usr/lib/gcc/arm-none-eabi/12.2.1/../../../arm-none-eabi/lib/thumb/v6-m/nofp/libg.a(lib_a-memcpy-stub.o)

.radio          0x100d4000    0x38d88
 *(.radio)
 .radio         0x100d4000    0x38d88 CMakeFiles/picofetch.dir/home/user/picofetch/platform/cyw43-driver/src/cyw43_ll.c.o

.data           0x20000000      0x300 load address 0x10005000
 .time_critical.mutex_enter
                0x20000000      0x100 CMakeFiles/picofetch.dir/home/user/picofetch/third-party/pico-sdk/src/common/pico_sync/mutex.c.o
 .data.netif_default
                0x20000100      0x200 CMakeFiles/picofetch.dir/home/user/picofetch/third-party/lwip/src/core/netif.c.o

.uninitialized_data
                0x20000300     0x6000
 .uninitialized_data.tls_arena
                0x20000300     0x6000 CMakeFiles/picofetch.dir/tls/tls_client.c.o

.bss            0x20006300     0x2000 load address 0x10005300
 .bss.connections
                0x20006300     0x1f00 CMakeFiles/picofetch.dir/tls/tls_client.c.o
 COMMON         0x20008200      0x100 CMakeFiles/picofetch.dir/home/user/picofetch/modules/io/socket/tcp/tcp.c.o

.stack_dummy    0x20040000     0x2000
 .stack         0x20040000     0x2000 CMakeFiles/picofetch.dir/home/user/picofetch/third-party/pico-sdk/src/rp2_common/pico_crt0/crt0.S.o

.debug_info     0x00000000     0x1234
 .debug_info    0x00000000     0x1234 CMakeFiles/picofetch.dir/main.c.o
`;

const section = (name: string, address: number, sizeBytes: number, allocated = true) => ({ name, address, sizeBytes, allocated });

const sections = [
	section(".boot2", 0x10000000, 0x100),
	section(".text", 0x10004000, 0x1000),
	section(".radio", 0x100d4000, 0x38d88),
	section(".data", 0x20000000, 0x300),
	section(".uninitialized_data", 0x20000300, 0x6000),
	section(".bss", 0x20006300, 0x2000),
	section(".stack_dummy", 0x20040000, 0x2000),
	section(".debug_info", 0, 0x1234, false),
];

const symbols = new Map(Object.entries({
	__firmware_start: 0x10004000,
	__image_start: 0x10006000,
	__image_end: 0x100d4000,
}).map(([name, address]) => [name, { address }]));

test("a map is read with long names, archive members and commons, without what was discarded", () => {
	const contributions = readLinkMap(map);
	assert.equal(contributions.length, 14);
	assert.deepEqual(contributions[3], {
		output: ".text",
		section: ".text.mbedtls_ssl_handshake_step_of_a_long_name",
		object: "CMakeFiles/picofetch.dir/home/user/picofetch/third-party/mbedtls/library/ssl_tls.c.o",
		address: 0x10004c04,
		sizeBytes: 0x3f8,
	});
	assert.equal(contributions[11]?.section, "COMMON");
});

test("a string that was merged away counts for nothing", () => {
	assert.equal(readLinkMap(map).find(({ section }) => section === ".rodata.tls13_label.str1.1")?.sizeBytes, 0);
});

test("RAM adds up to 264 KB, each object in the row of its part", () => {
	const { ram } = memoryTable({ map, sections, symbols, imageBytes: 1000, rootStoreBytes: 500, scriptArenaBytes: 80_000 });
	assert.deepEqual(ram, [
		{ name: "C stack", bytes: 0x2000 },
		{ name: "code and vectors in RAM", bytes: 0x100 },
		{ name: "lwIP", bytes: 0x200 },
		{ name: "Mbed TLS", bytes: 0x1f00 },
		{ name: "app modules", bytes: 0x100 },
		{ name: "TLS arena", bytes: 0x6000 },
		{ name: "XS arena (slots, chunks, stack)", bytes: 80_000 },
		{ name: "left over", bytes: 264 * 1024 - 0xa300 - 80_000 },
	]);
});

test("flash has stage, firmware by part with what it keeps for RAM, image, radio and what is left", () => {
	const { flash } = memoryTable({ map, sections, symbols, imageBytes: 1000, rootStoreBytes: 500, scriptArenaBytes: 80_000 });
	assert.deepEqual(flash, [
		{ name: "update stage", bytes: 0x100 },
		{ name: "firmware: XS engine", bytes: 0x800 },
		{ name: "firmware: lwIP", bytes: 0x200 },
		{ name: "firmware: Mbed TLS", bytes: 0x3f8 },
		{ name: "firmware: SDK, USB, board", bytes: 0x500 },
		{ name: "firmware: C library", bytes: 4 },
		{ name: "firmware: alignment", bytes: 4 },
		{ name: "image (frozen heap, configuration, own roots)", bytes: 1000 },
		{ name: "left over for firmware and image", bytes: 0xce000 - 1000 },
		{ name: "radio firmware", bytes: 0x38d88 },
		{ name: "roots of the web", bytes: 500 },
	]);
});

test("an object that no row claims is named", () => {
	const odd = map.replace("CMakeFiles/picofetch.dir/main.c.o\n                0x10004000", "elsewhere/odd.c.o\n                0x10004000");
	assert.throws(() => memoryTable({ map: odd, sections, symbols, imageBytes: 0, rootStoreBytes: 0, scriptArenaBytes: 0 }), /no row of the table claims elsewhere\/odd\.c\.o/);
});
