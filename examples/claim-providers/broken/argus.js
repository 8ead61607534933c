// Between your provider.js and the contract (wit/claims.wit): JavaScript values in, typed claims out.
// Part of your provider, to be changed as you like; it uses nothing but the language.

/**
 * @typedef {{ id: number, shortName: string, name: string }} Named a group, a customer or a domain
 *
 * @typedef {object} User absent facts are null, or an empty list
 * @property {number} id stable, never reused
 * @property {string} subject the `sub` this client will see
 * @property {string | null} username fact `profile`
 * @property {string | null} name fact `profile`
 * @property {string | null} email fact `email`
 * @property {boolean | null} emailVerified fact `email`
 * @property {Named | null} customer fact `customer`
 * @property {Named | null} domain fact `customer`
 * @property {string | null} phone fact `phone`
 * @property {boolean | null} phoneVerified fact `phone`
 * @property {Named[]} groups fact `groups`
 * @property {string[]} roles fact `roles`
 * @property {{ function: string, customer: number | null }[]} functions fact `functions`; no customer = for every customer
 * @property {{ name: string, values: string[] }[]} attributes fact `attributes`
 *
 * @typedef {object} Issuance everything a provider knows of one token
 * @property {User} user about whom
 * @property {{ id: string, name: string, customer: number | null }} client for whom
 * @property {{ issuer: string, target: "id-token" | "access-token" | "userinfo", grantType: string, scopes: string[], audiences: string[],
 *   issuedAt: number }} request what; `issuedAt`, in Unix seconds, is the only clock
 * @property {{ authenticatedAt: number, amr: string[], acr: string | null, federatedBy: string | null, clientIp: string | null }} session
 *   after which sign-in; `clientIp` with the fact `network`
 *
 * @typedef {"profile" | "email" | "phone" | "customer" | "groups" | "roles" | "functions" | "attributes" | "network"} Fact
 *
 * @typedef {object} Plan what one configuration will do
 * @property {string[]} claims every name `claims` may return
 * @property {string[]} [groups] short names of the groups it reads; left out: all, empty: none
 * @property {string[]} [functions] the same by name of function
 * @property {string[]} [attributes] the same by name of attribute
 *
 * @typedef {{ pointer: string, message: string }} Problem `pointer` is a JSON Pointer (RFC 6901) into the configuration
 */

/** Thrown on purpose, in contrast to a fault of the provider. */
class Refusal extends Error {
  constructor(error) {
    super(JSON.stringify(error.val));
    this.error = error;
  }
}

/** `throw refused("…")` in `claims`: no token may be issued, for this reason, which operators see and users do not. */
export function refused(reason) {
  return new Refusal({ tag: "refused", val: reason });
}

/** `throw refuseConfiguration({ pointer, message }, …)` in `plan`: the administrator is told all problems at once.
 * @param {...Problem} problems */
export function refuseConfiguration(...problems) {
  return new Refusal({ tag: "bad-configuration", val: problems });
}

/** A JSON Pointer of member names and positions: `pointer("rules", 0)` is `/rules/0`. */
export function pointer(...steps) {
  return steps.map((step) => "/" + String(step).replaceAll("~", "~0").replaceAll("/", "~1")).join("");
}

/** Whether the protocol keeps the name of a claim for itself. Argus has the last word.
 * @param {string} name */
export function isReserved(name) {
  return RESERVED_CLAIMS.has(name);
}

/** What is wrong with the name of a claim, in words for a problem; undefined when a provider may set it.
 * @param {string} name
 * @returns {string | undefined} */
export function claimNameFault(name) {
  if (name === "" || utf8Bytes(name) > MAX_CLAIM_NAME_BYTES || /[\p{Cc}\p{White_Space}]/u.test(name)) {
    return "must be 1 to 128 bytes without white space and control characters";
  }
  if (isReserved(name)) return "is a claim of the protocol, which no provider may set; choose another name";
  return undefined;
}

/** The values of an attribute of the user; an empty list when there is none.
 * @param {User} user
 * @param {string} name
 * @returns {string[]} */
export function attributeValues(user, name) {
  return user.attributes.find((attribute) => attribute.name === name)?.values ?? [];
}

/**
 * What the contract asks of a provider, made of what is pleasant to write.
 * @param {object} definition
 * @param {string} definition.name the author's name for it
 * @param {string} definition.version shown to administrators
 * @param {string} definition.description one paragraph for administrators
 * @param {string} definition.schema JSON Schema of configurations, as text
 * @param {Fact[]} definition.needs the facts `claims` reads
 * @param {(configuration: any) => Plan} definition.plan
 * @param {(configuration: any, issuance: Issuance) => Record<string, unknown>} definition.claims
 */
export function claimProvider({ name, version, description, schema, needs, plan, claims }) {
  return {
    describe: () => ({
      name,
      version,
      description,
      configurationSchema: schema,
      needs: Object.fromEntries(FACTS.map((fact) => [fact, needs.includes(fact)])),
    }),

    validateConfiguration(text) {
      try {
        return toPlan(plan(JSON.parse(text)));
      } catch (error) {
        if (error instanceof Refusal) {
          throw error.error.tag === "bad-configuration" ? error.error.val : [{ pointer: "", message: error.error.val }];
        }
        // The contract has no other way to tell the author than a problem of the whole configuration.
        throw [{ pointer: "", message: `the provider is at fault: ${told(error)}` }];
      }
    },

    claims(text, issuance) {
      try {
        return toClaims(claims(JSON.parse(text), issuance));
      } catch (error) {
        throw error instanceof Refusal ? error.error : { tag: "internal", val: told(error) };
      }
    },
  };
}

// Those of RFC 7519, OpenID Connect Core and the extensions Argus implements.
const RESERVED_CLAIMS = new Set([
  "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "at_hash", "c_hash", "s_hash", "auth_time", "acr", "amr", "sid", "scope",
  "client_id", "cnf", "act", "may_act", "events", "toe", "txn", "typ", "alg", "kid", "token_type", "token_use", "active", "sub_jwk",
  "_claim_names", "_claim_sources", "gty",
]);

const MAX_CLAIM_NAME_BYTES = 128;

function utf8Bytes(text) {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0);
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

const FACTS = ["profile", "email", "phone", "customer", "groups", "roles", "functions", "attributes", "network"];

function toPlan({ claims, groups, functions, attributes }) {
  return {
    claimNames: claims,
    groupsOfInterest: toInterest(groups),
    functionsOfInterest: toInterest(functions),
    attributesOfInterest: toInterest(attributes),
  };
}

// In the contract an empty list means all; nothing has an empty name, so that name asks for none.
function toInterest(names) {
  return names === undefined ? [] : names.length === 0 ? [""] : names;
}

// A claim without a value is left out rather than sent as null: OpenID Connect Core §5.3.2.
function toClaims(values) {
  if (typeof values !== "object" || values === null || Array.isArray(values) || typeof values.then === "function") {
    throw new TypeError("claims must return an object of names and values, at once and not as a promise");
  }
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => ({ name, value: toValue(name, value) }));
}

function toValue(name, value) {
  if (typeof value === "string") return { tag: "text", val: value };
  if (typeof value === "boolean") return { tag: "boolean", val: value };
  if (Number.isSafeInteger(value)) return { tag: "integer", val: value };
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return { tag: "text-list", val: value };
  const json = typeof value === "number" && !Number.isFinite(value) ? undefined : JSON.stringify(value);
  if (json === undefined) throw new TypeError(`claim ${name}: ${String(value)} has no form in JSON`);
  return { tag: "json", val: json };
}

function told(error) {
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}`.trim() : String(error);
}
