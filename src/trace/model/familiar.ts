/**
 * A session is unfamiliar when the account came from an address that is none of its known ones (`home_ip`), that it used on few
 * days only, and that hardly anyone else uses. Offices are shared, homes last for weeks; a stranger's address is
 * neither. An account whose reads carry no address at all can't be told apart: then every read may be a stranger's.
 */
export const briefNetworkDays = 5;
/** From this many accounts on, an address is a shared one. */
export const sharedNetworkActors = 3;
