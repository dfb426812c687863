// An app without a network: it counts the seconds.

let seconds = 0;

setInterval(() => {
	seconds++;
	console.log(`hello, ${seconds} s after main.ts began`);
}, 1000);
