import { claimProvider, refused } from "./argus.js";
import schema from "./schema.js";

// Deliberately broken: the README tells each fault. Do not begin your own provider with this one.

export const provider = claimProvider({
  name: "broken",
  version: "0.1.0",
  description: "Sets one claim to the teams of the user. Deliberately broken, to show what a check says.",
  schema,
  needs: ["profile", "email", "phone", "customer", "groups", "roles", "functions", "attributes", "network"],

  plan({ claim }) {
    return { claims: [claim] };
  },

  claims({ claim, prefix, leadRole }, { user, request }) {
    if (prefix === "") throw refused("the prefix must not be empty");
    const begins = new RegExp(`^${prefix}`);

    const teams = [];
    for (const group of user.groups) {
      const team = group.shortName.replace(begins, "");
      if (!teams.some((known) => known.toLowerCase() === team.toLowerCase())) teams.push(team);
    }

    const claims = { [claim]: teams };
    if (user.roles.includes(leadRole)) claims[`${claim}_lead`] = true;
    if (request.target === "access-token") claims[`${claim}_at`] = new Date().toISOString();
    return claims;
  },
});
