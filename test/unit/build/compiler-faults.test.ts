// What a person sees when the C of an app does not compile or link.

import assert from "node:assert/strict";
import test from "node:test";
import { compilerFaults } from "../../../tools/build/compiler-faults.ts";

test("a fault in C is shown in the compiler's words, without the command and the steps around it", () => {
	assert.equal(compilerFaults([
		"ninja: Entering directory `build/firmware/24171805269e'",
		"[1/9] Building C object CMakeFiles/picofetch.dir/loop.c.o",
		"[2/9] Building C object CMakeFiles/picofetch.dir/pin.c.o",
		"FAILED: CMakeFiles/picofetch.dir/pin.c.o ",
		"/usr/bin/arm-none-eabi-gcc -DCFG_TUSB_DEBUG=0 -c pin.c",
		"pin.c: In function 'xs_pin_read':",
		"pin.c:2:39: error: expected expression before ';' token",
		"    2 | return 1 +; }",
		"      |           ^",
		"ninja: build stopped: subcommand failed.",
		"",
	].join("\n"), []), [
		"pin.c: In function 'xs_pin_read':",
		"pin.c:2:39: error: expected expression before ';' token",
		"    2 | return 1 +; }",
		"      |           ^",
	].join("\n"));
});

test("a native without its C function is told as such; other missing functions in the linker's words", () => {
	const output = [
		"FAILED: picofetch.elf ",
		": && /usr/bin/arm-none-eabi-g++ -o picofetch.elf",
		"/usr/bin/ld: natives.c.o:(.freeze.natives+0x8): undefined reference to `xs_absent'",
		"/usr/bin/ld: pin.c:7: undefined reference to `pin_read'",
		"collect2: error: ld returned 1 exit status",
	].join("\n");
	assert.equal(compilerFaults(output, ["xs_absent", "xs_pin_read"]), [
		'native("xs_absent"): found no C function of that name, expected "void xs_absent(xsMachine *the)" in a .c file beside a module',
		"/usr/bin/ld: pin.c:7: undefined reference to `pin_read'",
	].join("\n"));
});

test("a fault of CMake is shown whole", () => {
	const output = "CMake Error at CMakeLists.txt:3 (include):\n  could not find third-party/pico-sdk";
	assert.equal(compilerFaults(output, []), output);
});
