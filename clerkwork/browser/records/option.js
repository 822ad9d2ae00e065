// The place of the option of a list to be chosen: of what is typed, or else of the only one that
// shows it; -1 where there is none.
(element, step) => {
  const said = [...element.options].map(option => option.text.replace(/\s+/g, " ").trim());
  if (said.includes(step.typed)) return said.indexOf(step.typed);
  const shows = new RegExp(step.shows), fit = said.filter(text => shows.test(text));
  return fit.length === 1 ? said.indexOf(fit[0]) : -1;
}
