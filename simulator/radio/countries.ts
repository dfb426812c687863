/**
 * The locales that the model's regulatory table knows, with their highest channel in the 2.4 GHz band. The two letters
 * are those which the Pico W's drivers offer. PROTOCOL.md, section 8.3.
 */
const EUROPE_AND_OTHERS = "AU AT BE BR CA CL CN CO CZ DK EE FI FR DE GR HK HU IS IN IL IT KE LV LI LT LU MY MT MX NL NZ NG NO PE PH PL PT SG SK SI ZA KR ES SE CH TW TH TR GB";
const HIGHEST_CHANNEL = new Map<string, number>([
	...EUROPE_AND_OTHERS.split(" ").map((code): [string, number] => [code, 13]),
	["US", 11],
	["CA", 11],
	["MX", 11],
	["TW", 11],
	["JP", 14],
	// Worldwide: 12 to 14 are only listened to, which finds networks all the same.
	["XX", 14],
	["ALL", 14],
]);

/** @returns the highest channel of a locale, undefined when it is unknown. */
export function highestChannel(country: string): number | undefined {
	return HIGHEST_CHANNEL.get(country);
}
