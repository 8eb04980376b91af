/**
 * A session is unfamiliar when the account came from an address that is none of its known ones (`home_ip`), that it used on few
 * days only, and that hardly anyone else uses. Offices are shared, homes last for weeks; a stranger's address is
 * neither. An account whose reads carry no address, or that was active with an address on no more than these days, has no
 * session that could be known for its own: of it nothing is called unfamiliar, and an insider and a stolen account look alike.
 */
export const briefNetworkDays = 5;
/** From this many accounts on, an address is a shared one. */
export const sharedNetworkActors = 3;
