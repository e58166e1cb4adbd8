// Takes the place of the native @vscode/native-watchdog inside the VS Code server, which is installed without compiling
// anything: ends an extension host whose server is gone.
const intervalMs = 1_000;

exports.start = (serverPid) => {
  setInterval(() => {
    try {
      process.kill(serverPid, 0);
    } catch {
      process.exit(87);
    }
  }, intervalMs).unref();
};
