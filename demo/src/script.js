"use strict";

// Counts seconds down to zero.
for (const output of document.querySelectorAll("[data-seconds]")) {
  const end = Date.now() + 1000 * output.dataset.seconds;
  const show = () => {
    output.textContent = Math.max(0, Math.ceil((end - Date.now()) / 1000));
  };
  setInterval(show, 250);
}

// Requests a slow page, and logs out while it is loading.
const race = document.querySelector("#race");
if (race) {
  const steps = document.querySelector("#steps");
  const pause = time => new Promise(done => setTimeout(done, time));
  const ask = async (path, options) => (await (await fetch(path, options)).text()).trim();
  const tell = text => {
    const step = document.createElement("li");
    step.textContent = text;
    steps.append(step);
    return step;
  };
  race.addEventListener("submit", async event => {
    event.preventDefault();
    race.querySelector("button").disabled = true;
    const body = new URLSearchParams(new FormData(race));
    try {
      const slow = ask("/slow");
      tell("The slow page is loading.");
      await pause(500);
      await ask("/logout", { method: "POST", body });
      tell(`You are logged out. Another page finds: ${await ask("/who")}`);
      tell(`The slow page has arrived. It was made for: ${await slow}. Its response has set the old cookie again.`);
      const found = await ask("/who");
      tell(`Another page finds: ${found}`);
      const last = tell(found.endsWith("ended") ? "The logout holds. " : "The old session is not back. ");
      last.id = "held";
      const again = document.createElement("a");
      again.href = "/";
      again.textContent = "Begin again";
      last.append(again);
    } catch (error) {
      tell(`A request failed: ${error.message}. Load the page again.`);
    }
  });
}
