// What of a failed CMake or Ninja run a person needs to see.

/**
 * The compiler's and linker's own sentences out of all that Ninja printed; a C function that nobody wrote is told in terms
 * of the TypeScript that binds it.
 * @param output everything that CMake or Ninja wrote
 * @param natives names that script binds by native()
 */
export function compilerFaults(output: string, natives: readonly string[]): string {
	const lines = output.split("\n");
	const first = lines.findIndex(line => line.startsWith("FAILED: "));
	// CMake's faults stand as they are; Ninja repeats the command in the line after "FAILED:".
	const told = first < 0 ? lines : lines.slice(first).filter((line, index, all) => !line.startsWith("FAILED: ") && !all[index - 1]?.startsWith("FAILED: "));
	const missing = new Set<string>();
	const rest = told.filter(line => {
		const [, name] = /undefined reference to `(\w+)'/.exec(line) ?? [];
		if (name !== undefined && natives.includes(name)) {
			missing.add(name);
			return false;
		}
		return !/^\[\d+\/\d+\]|^ninja: (Entering|build stopped)|^collect2: error: ld returned/.test(line);
	});
	return [
		...[...missing].map(name => `native("${name}"): found no C function of that name, expected "void ${name}(xsMachine *the)" in a .c file beside a module`),
		rest.join("\n").trim(),
	].filter(text => text !== "").join("\n");
}
