// Reads files of the image.

import Resource from "Resource";

const text = (buffer: ArrayBuffer) => String.fromCharCode(...new Uint8Array(buffer));
const lines = new Resource("lines.txt");
const tell = (what: string, value: unknown) => console.log(what, JSON.stringify(value));

tell("length", lines.byteLength);
tell("slices", [text(lines.slice()), text(lines.slice(6, 10)), text(lines.slice(-7)), text(lines.slice(5, 2)), text(lines.slice(11, 1000)), text(lines.slice(NaN as number, 5))]);
tell("renamed", text(new Resource("renamed.html").slice()));
tell("empty", new Resource("empty.bin").byteLength);
tell("exists", ["lines.txt", "page.html", "lines", "lines.txtx", ""].map(Resource.exists));
const copy = new Uint8Array(lines.slice(0, 5));
copy[0] = 0x46;
tell("copied", [text(copy.buffer), text(lines.slice(0, 5))]);
try {
	new Resource("none.txt");
} catch (error) {
	tell("none", (error as Error).message);
}
console.log("over");
