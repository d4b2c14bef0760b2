// What a person chose on the page: its language and theme, kept in cookies.
const mmAgent = {
  chosen(name) {
    return document.cookie.match(new RegExp(`(?:^|; )${name}=([^;]*)`))?.[1];
  },
  choose(name, value) {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
  },
  otherLanguage() {
    this.choose("mm_agent_language", document.documentElement.lang === "en" ? "zh" : "en");
    location.reload();
  },
  dark() {
    const theme = this.chosen("mm_agent_theme");
    return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  },
  otherTheme() {
    this.choose("mm_agent_theme", this.dark() ? "light" : "dark");
    this.dress();
  },
  dress() {
    document.body.classList.toggle("dark", this.dark());
  },
  name(part) {
    const said = part.getAttribute("aria-label") ?? "";
    const name = mmAgentLabels[said] ?? said.replace(/^Select example (\d+): /, "例子 $1：");
    if (name !== said) part.setAttribute("aria-label", name);
  },
  nameAll() {
    document.querySelectorAll("[aria-label]").forEach(this.name);
  },
};
// The server settled the language; gradio words its own buttons by the browser's, so that is made the same.
const tag = document.documentElement.lang;
Object.defineProperty(navigator, "language", { get: () => tag });
Object.defineProperty(navigator, "languages", { get: () => [tag] });
addEventListener("DOMContentLoaded", () => {
  // Gradio dresses the body when it starts; the choice made here wins.
  new MutationObserver(() => {
    if (document.body.classList.contains("dark") !== mmAgent.dark()) mmAgent.dress();
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  mmAgent.dress();
  if (tag === "en") return;
  // The names of gradio's parts for screen readers are English whatever the page's language.
  const changes = { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"] };
  new MutationObserver(() => mmAgent.nameAll()).observe(document.body, changes);
  mmAgent.nameAll();
});
