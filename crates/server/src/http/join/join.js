"use strict";

const form = document.querySelector("#form");
const lead = document.querySelector("#lead");
const status = document.querySelector("#status");
const button = form.querySelector("button");

// Behind the # stands what the link is for and its secret. It is taken out of the address at once.
const [token, purpose] = location.hash.slice(1).split(",");
history.replaceState(null, "", location.pathname);
const resets = purpose === "reset";

function say(text, wrong = false) {
  status.textContent = text;
  status.classList.toggle("wrong", wrong);
}

async function send(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.ok) return;
  const problem = await response.json().catch(() => ({}));
  const field = document.getElementById(problem.details?.parameter);
  field?.focus();
  throw new Error(problem.detail ?? `the server answered ${response.status}`);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  say("One moment …");
  const { username, email, password } = Object.fromEntries(new FormData(form));
  try {
    if (resets) {
      await send("/api/v1/auth/password/reset", { token, new_password: password });
      say("Your password is set. Sign in with it; every earlier session has ended.");
    } else {
      await send("/api/v1/auth/register", { token, username, email: email || null, password, session: "cookie" });
      say(`Your account is made, and you are signed in as ${username}.`);
    }
    form.hidden = true;
    lead.hidden = true;
  } catch (error) {
    say(error.message, true);
    button.disabled = false;
  }
});

if (token) {
  lead.textContent = resets ? "Set a new password." : "Make your account.";
  form.querySelector(".account").hidden = resets;
  form.querySelector("#username").required = !resets;
  form.hidden = false;
  form.querySelector(resets ? "#password" : "#username").focus();
} else {
  lead.textContent = "This link is not whole: open it as you got it, or ask for a new one.";
}
