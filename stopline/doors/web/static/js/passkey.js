// Passkeys: the browser makes or uses the key, the form carries the answer. Forms that need it stay hidden
// where the browser has no passkeys, which need https and a name; pages that use it load it themselves.
const named = !/^[\d.]+$|:/.test(location.hostname);
const able = window.PublicKeyCredential?.parseCreationOptionsFromJSON && window.isSecureContext && named;

async function options(form) {
  const inPage = document.getElementById("passkey-options");
  if (inPage) return JSON.parse(inPage.textContent).publicKey;
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return (await answer.json()).request_options.publicKey;
}

async function make(publicKey) {
  // Kept by the device and unlocked by its owner: only then can it replace the password.
  publicKey.authenticatorSelection = {
    ...publicKey.authenticatorSelection,
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
}

function use(publicKey) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

function tell(form, text) {
  const problem = form.querySelector("[data-passkey-problem]");
  problem.textContent = text;
  problem.hidden = !text;
}

async function answer(event) {
  const form = event.target;
  event.preventDefault();
  tell(form, "");
  try {
    const publicKey = await options(form);
    const credential = await (form.dataset.passkey === "add" ? make(publicKey) : use(publicKey));
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    tell(form, `No passkey was used (${error.message}). Try again, or sign in another way.`);
  }
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  form.hidden = !able && form.dataset.passkey === "sign-in";
  if (able) {
    form.hidden = false;
    form.addEventListener("submit", answer);
  }
}
