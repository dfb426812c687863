// The network of `npm start` and `npm run dev`, and the name of the server in it.

export const simulatedNetwork = { ssid: "picofetch", passphrase: "simulated network" } as const;
export const serverName = "picofetch.test";
