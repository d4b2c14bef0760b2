// The page's language and theme: what was chosen here, else what the browser or the system says.
const mmAgent = {
  chosen(name) {
    return document.cookie.match(new RegExp(`(?:^|; )${name}=([^;]*)`))?.[1];
  },
  choose(name, value) {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
  },
  language() {
    const ours = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === "en" || tag === "zh");
    return this.chosen("mm_agent_language") || ours || "en";
  },
  otherLanguage() {
    this.choose("mm_agent_language", this.spoken === "zh" ? "en" : "zh");
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
};
mmAgent.spoken = mmAgent.language();
// Gradio words its own buttons by the browser's language: both follow the choice.
const tag = mmAgent.spoken === "zh" ? "zh-CN" : "en";
Object.defineProperty(navigator, "language", { get: () => tag });
Object.defineProperty(navigator, "languages", { get: () => [tag] });
document.documentElement.lang = tag;
addEventListener("DOMContentLoaded", () => {
  // Gradio dresses the body when it starts; the choice made here wins.
  new MutationObserver(() => {
    if (document.body.classList.contains("dark") !== mmAgent.dark()) mmAgent.dress();
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  mmAgent.dress();
});
