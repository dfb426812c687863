// The roots of `"roots": "lite"`, by Mozilla's labels: those that most hosts of the web end in.

export const liteLabels: readonly string[] = [
	// Let's Encrypt
	"ISRG Root X1", "ISRG Root X2",
	// Google Trust Services: Google, Cloudflare
	"GTS Root R1", "GTS Root R2", "GTS Root R3", "GTS Root R4",
	// DigiCert: Azure, GitHub's older chains, much of commerce
	"DigiCert Global Root CA", "DigiCert Global Root G2", "DigiCert Global Root G3", "DigiCert High Assurance EV Root CA",
	// Amazon
	"Amazon Root CA 1", "Amazon Root CA 2", "Amazon Root CA 3", "Amazon Root CA 4", "Starfield Services Root Certificate Authority - G2",
	// Sectigo
	"USERTrust RSA Certification Authority", "USERTrust ECC Certification Authority",
	"Sectigo Public Server Authentication Root R46", "Sectigo Public Server Authentication Root E46",
	// GlobalSign
	"GlobalSign Root CA - R3", "GlobalSign Root R46", "GlobalSign Root E46",
	// Microsoft
	"Microsoft RSA Root Certificate Authority 2017", "Microsoft ECC Root Certificate Authority 2017",
	// Go Daddy
	"Go Daddy Root Certificate Authority - G2",
];
