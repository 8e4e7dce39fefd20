// Installs the apt packages named on the command line that are missing.
import { installPackages, missingPackages } from "./apt.mjs";
import { SetupError } from "./machine.mjs";

try {
  const missing = missingPackages(process.argv.slice(2));
  if (missing.length > 0) {
    if (process.getuid && process.getuid() !== 0) {
      throw new SetupError(`${missing.join(" ")} must be installed with apt-get, which needs root.`);
    }
    await installPackages(missing);
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = error.status;
}
