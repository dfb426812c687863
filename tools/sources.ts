// Every third-party source of picofetch, pinned: what, which version, from which package client, under which licence.
// tools/setup brings them into third-party/; nothing else names a version. npm packages have their integrity here,
// crates the SHA-256 of each file that is taken; Debian packages are checked by apt against Debian's signatures.

/** One folder of third-party/. */
export interface Part {
	/** Name of the folder. */
	readonly folder: string;
	/** What people call it. */
	readonly title: string;
	/** SPDX expression, see THIRD-PARTY.md. */
	readonly licence: string;
	/** A file without which the folder is not what it should be. */
	readonly proof: string;
	readonly source: Source;
	/** Why no other version will do, for the refusal. */
	readonly reason?: string;
	/** True when tools/patches/*.patch apply to this folder. */
	readonly patched?: boolean;
}

export type Source = NpmSource | DebianSource | CargoSource;

/** A package of the npm registry, taken as its packed tarball; none of its scripts runs. */
export interface NpmSource {
	readonly client: "npm";
	readonly package: string;
	readonly version: string;
	/** Subresource integrity of the tarball, as npm publishes it. */
	readonly integrity: string;
	readonly take: readonly Take[];
}

/** The newest version of a Debian package within bounds, looked for in several suites. */
export interface DebianSource {
	readonly client: "apt";
	/** "source": the upstream tarball of a source package. "binary": an architecture-independent .deb. */
	readonly kind: "source" | "binary";
	readonly package: string;
	/** Lowest upstream version that will do. */
	readonly atLeast: string;
	/** First upstream version that will not do. */
	readonly below: string;
	readonly suites: readonly Suite[];
	readonly take: readonly Take[];
	/** What is fetched where there is no apt, with the same contents for `take`. */
	readonly release: Release;
}

export interface Release {
	readonly version: string;
	readonly url: string;
	readonly sha256: string;
}

/** Files of crates, each with its SHA-256. */
export interface CargoSource {
	readonly client: "cargo";
	readonly crates: Readonly<Record<string, string>>;
	readonly files: readonly CrateFile[];
}

export interface CrateFile {
	readonly crate: string;
	readonly from: string;
	readonly to: string;
	readonly sha256: string;
}

/** A file or folder of an archive and where it goes; "*" in `from` is the archive's one top folder, "" in `to` the part's folder. */
export interface Take {
	readonly from: string;
	readonly to: string;
}

export type Suite = "trixie" | "trixie-security" | "forky" | "sid";

/** Debian packages of compiler and host tools, from the machine's own suite, each with a command that shows it is there. */
export const debianTools: Readonly<Record<string, string | undefined>> = {
	"gcc-arm-none-eabi": "arm-none-eabi-gcc",
	"libnewlib-arm-none-eabi": undefined,
	"libstdc++-arm-none-eabi-newlib": undefined,
	"cmake": "cmake",
	"ninja-build": "ninja",
	"ccache": "ccache",
	"python3": "python3",
	"g++": "g++",
	"libc6-dev": undefined,
	"make": "make",
	"xz-utils": "xz",
	"bzip2": "bzip2",
	"ca-certificates": undefined,
	"debian-archive-keyring": undefined,
};

/** What tests of pages run in. Large, so that only `npm run setup -- --browser` brings it; without it those tests are skipped. */
export const browserTools: Readonly<Record<string, string | undefined>> = { "chromium": "chromium" };

/** Mozilla's list of roots: not brought by the set-up, for certs/mozilla.pem is made of it; `npm run certs -- refresh` takes the newest. */
export const rootsPart = {
	folder: "mozilla-roots",
	title: "Mozilla's list of roots",
	licence: "MPL-2.0",
	proof: "certdata.txt",
	source: {
		client: "apt",
		kind: "source",
		package: "ca-certificates",
		atLeast: "20250419",
		below: "30000101",
		suites: ["trixie", "forky", "sid"],
		take: [{ from: "*/mozilla/certdata.txt", to: "certdata.txt" }],
		release: {
			version: "20250419",
			url: "https://deb.debian.org/debian/pool/main/c/ca-certificates/ca-certificates_20250419.tar.xz",
			sha256: "33b44ef78653ecd3f0f2f13e5bba6be466be2e7da72182f737912b81798ba5d2",
		},
	},
} as const satisfies Part;

const wholeArchive: readonly Take[] = [{ from: "*", to: "" }];

export const parts: readonly Part[] = [
	{
		folder: "xs",
		title: "XS 13.3 from @agoric/xsnap",
		licence: "LGPL-3.0-or-later",
		proof: "xs/sources/xsRun.c",
		patched: true,
		source: {
			client: "npm",
			package: "@agoric/xsnap",
			version: "0.15.0",
			integrity: "sha512-ZBm4DZxbtfacxMHVVdJjZi0Y8zOxN77vpu1WwI5RWfPkaRh0aHkz/dVdTGKXalDNzWfz183lljKxlxl3/h0n+A==",
			take: [{ from: "package/moddable", to: "" }, { from: "package/LICENSE", to: "LICENSE-xsnap" }],
		},
	},
	{
		folder: "pico-sdk",
		title: "Pico SDK",
		licence: "BSD-3-Clause",
		proof: "pico_sdk_init.cmake",
		source: {
			client: "npm",
			package: "@xpack-3rd-party/raspberrypi-pico-sdk",
			version: "2.3.0-5",
			integrity: "sha512-CC8w2sQoXd1CKwdTEcc9Y2y8n+DPakNBPZQJmPix2Z5GHibPQqr0kfJsO9UKCMVAP6V+0YgfzO833DBiaI/3PQ==",
			take: [{ from: "package", to: "" }],
		},
	},
	{
		folder: "lwip",
		title: "lwIP",
		licence: "BSD-3-Clause",
		proof: "src/core/tcp.c",
		reason: "platform/lwip is written for this release",
		source: {
			client: "apt",
			kind: "source",
			package: "lwip",
			atLeast: "2.2.1",
			below: "2.2.2",
			suites: ["trixie", "forky", "sid"],
			take: wholeArchive,
			release: {
				version: "2.2.1",
				url: "https://github.com/lwip-tcpip/lwip/archive/refs/tags/STABLE-2_2_1_RELEASE.tar.gz",
				sha256: "ce0b7461c0ad9602c376f0bf07c5eb7253b48c7bf66f011c6bf3e2a96731c539",
			},
		},
	},
	{
		folder: "mbedtls",
		title: "Mbed TLS",
		licence: "Apache-2.0 OR GPL-2.0-or-later",
		proof: "library/ssl_tls13_client.c",
		reason: "earlier ones have known holes, CVE-2026-49300 among them",
		source: {
			client: "apt",
			kind: "source",
			package: "mbedtls",
			atLeast: "3.6.7",
			below: "3.7",
			suites: ["trixie", "trixie-security", "forky", "sid"],
			take: wholeArchive,
			release: {
				version: "3.6.7",
				url: "https://github.com/Mbed-TLS/mbedtls/releases/download/mbedtls-3.6.7/mbedtls-3.6.7.tar.bz2",
				sha256: "a7e8bcbec0e6f761b4af24f25677626b35f762f68eef79c08677a363212d11f6",
			},
		},
	},
	{
		folder: "tinyusb",
		title: "TinyUSB",
		licence: "MIT",
		proof: "src/tusb.c",
		reason: "the Pico SDK 2.3.0 is written for this release",
		source: {
			client: "apt",
			kind: "binary",
			package: "tinyusb-source",
			atLeast: "0.18",
			below: "0.19",
			suites: ["trixie"],
			take: [
				{ from: "usr/src/tinyusb", to: "" },
				{ from: "usr/share/doc/tinyusb-source/copyright", to: "LICENSE-debian" },
			],
			release: {
				version: "0.18.0",
				url: "https://deb.debian.org/debian/pool/main/t/tinyusb/tinyusb-source_0.18.0+dfsg-1_all.deb",
				sha256: "01ce2c645df68f14a8a7dcfc8fb355713152543757955820479a87949a61154e",
			},
		},
	},
	{
		folder: "radio",
		title: "CYW43439 firmware from",
		licence: "LicenseRef-permissive-binary-license-1.0",
		proof: "43439A0.bin",
		source: {
			client: "cargo",
			crates: { "cyw43-firmware": "0.1.0", "cyw43-setup": "0.1.1" },
			files: [
				{
					crate: "cyw43-firmware",
					from: "dist/cyw43-firmware/43439A0.bin",
					to: "43439A0.bin",
					sha256: "5555e0261da2610a500d68c18d895cace0152bbefbf76f4aa683ebce77e3d7eb",
				},
				{
					crate: "cyw43-firmware",
					from: "dist/cyw43-firmware/43439A0_clm.bin",
					to: "43439A0_clm.bin",
					sha256: "e712b3d218e8b1e2747b092e03b8b0afcb8c8c8e355d2a4a0d47b493800f3f89",
				},
				{
					crate: "cyw43-firmware",
					from: "dist/cyw43-firmware/LICENSE-permissive-binary-license-1.0.txt",
					to: "LICENSE-permissive-binary-license-1.0.txt",
					sha256: "5f65b8a496ac27afda41917c18cb6e690b4a022df1f5a12ea823eb38a287f50e",
				},
				{
					crate: "cyw43-setup",
					from: "firmware/nvram_rp2040.bin",
					to: "nvram_rp2040.bin",
					sha256: "4904bdbb0c937bd0ac2eb2a1d62f2da4dd90e32082384e02874e8d671b0f330d",
				},
			],
		},
	},
];
