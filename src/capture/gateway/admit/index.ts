/**
 * What a statement may contain at all, and what of the server's texts may be told. Promises: what is on no list is refused (I2), for
 * statements, settings and startup parameters; errors and notices of protected statements hold no customer's value (I5).
 */
export { admit, type Admitted } from "./admit.ts";
export { isAllowedParameterStatus, isCommandTag } from "./edge/answers.ts";
export { scrubFields, type Scrubbed } from "./edge/scrub.ts";
export { admitStartup, type AdmittedStartup } from "./edge/startup.ts";
export { actorTokenSetting } from "./settings.ts";
