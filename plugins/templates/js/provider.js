import { attributeValues, claimNameFault, claimProvider, refuseConfiguration } from "./argus.js";
import schema from "./schema.js";

/** @typedef {{ claim: string, attribute: string, default?: string }} Configuration what schema.json admits */

export const provider = claimProvider({
  name: "{{name}}",
  version: "0.1.0",
  description: "Sets one claim to the first value of an attribute of the user, or to a default.",
  schema,
  // Ask for as little as you can: an administrator sees the list, and nothing else is handed over.
  needs: ["attributes"],

  /** What a configuration will do. The schema was checked before; refuse here what it cannot express.
   * @param {Configuration} configuration */
  plan(configuration) {
    const problems = [];
    const fault = claimNameFault(configuration.claim);
    if (fault) problems.push({ pointer: "/claim", message: fault });
    if (configuration.default === "") {
      problems.push({ pointer: "/default", message: "must not be empty; leave it out for no claim" });
    }
    if (problems.length > 0) throw refuseConfiguration(...problems);
    return { claims: [configuration.claim], attributes: [configuration.attribute] };
  },

  /** The claims of one token. Runs in a fresh instance: nothing stays from one call to the next.
   * @param {Configuration} configuration
   * @param {import("./argus.js").Issuance} issuance */
  claims(configuration, { user }) {
    const [first] = attributeValues(user, configuration.attribute);
    return { [configuration.claim]: first ?? configuration.default };
  },
});
