// Builds the apps that device tests boot, before the tests run side by side, so that no two of them build one app.

export async function buildDeviceTestApps(root: string): Promise<void> {
}
