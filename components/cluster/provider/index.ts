/** The implementations that the lazy provider loads by name. */
export { adminProvider } from "./admin-provider";
export { formerNodeProvider, memberProvider } from "./member-provider";
export { stagedFileProvider } from "./staged-file-provider";
