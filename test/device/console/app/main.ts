// Says more at once than the console keeps, then goes on, a line each 100 ms; with `again` it does so once more after half a second.

import config from "mc/config";

function sayMuch(): void {
	for (let line = 0; line < 300; line++) console.log(`line ${String(line).padStart(4, "0")}`);
}

sayMuch();
let ticks = 0;
setInterval(() => {
	ticks++;
	console.log(`tick ${ticks}`);
	if (ticks === 5 && config.again === true) sayMuch();
}, 100);
