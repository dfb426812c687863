// Says more at once than the console keeps, then goes on, a line each 100 ms.

for (let line = 0; line < 300; line++) {
	console.log(`line ${String(line).padStart(4, "0")}`);
}
let ticks = 0;
setInterval(() => {
	ticks++;
	console.log(`tick ${ticks}`);
}, 100);
