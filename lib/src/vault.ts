/** What Vault is to be: engines, methods, policies and roles as data, and the comparison with what it is. */
export { databasesSchema, type VaultDatabase } from "./vault/databases";
export { differences } from "./vault/differences";
export { desiredVault, type DesiredVault, type VaultMount, type VaultObject } from "./vault/desired";
