// The network of `npm start`, `npm run dev`, `npm run debug` and of the tests, and the name of the server in it.

export const simulatedNetwork = { ssid: "picofetch", password: "simulated network" } as const;
export const serverName = "picofetch.test";
