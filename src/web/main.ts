import { Announcer } from './announcer.js';
import { ClassifierPage } from './classifier-page.js';
import { ConnectionBadge } from './connection-badge.js';
import { DigitPad } from './digit-pad.js';
import { byId } from './dom.js';
import { takePictures } from './picture-intake.js';
import { type FeedState, ServingFeed } from './serving-feed.js';
import { ServingPicker } from './serving-picker.js';
import { isDigits } from './serving-status.js';
import { TokenPrompt } from './token-prompt.js';
import { TokenStore } from './token-store.js';

/** A page that nobody looks at, and that waits for nothing, lets go of its server after this time, ms. */
const hiddenMs = 60_000;

const base = new URL('.', document.baseURI).href;
const announcer = new Announcer(byId('announcements', HTMLElement));
const forget = byId('forget-token', HTMLButtonElement);
const unlock = byId('enter-token', HTMLButtonElement);

const store = new TokenStore();
const prompt = new TokenPrompt(store, onToken);
const token = (): string | null => store.token;
const askToken: TokenPrompt['ask'] = (used, problem) => prompt.ask(used, problem);

let feedState: FeedState = { kind: 'connecting' };
const badge = new ConnectionBadge(announcer, () => feed.tryNow());
const picker = new ServingPicker(announcer, onServing);
const page = new ClassifierPage({
  announcer,
  picker,
  base,
  maxBytes: Number(document.querySelector<HTMLMetaElement>('meta[name="hornet-max-body-bytes"]')?.content),
  isOffline: () => feedState.kind === 'lost',
  token,
  askToken,
});
const feed = new ServingFeed({
  base,
  token,
  askToken: (problem) => askToken(store.token, problem),
  onServings: (servings) => picker.update(servings),
  onState: (state) => {
    feedState = state;
    document.body.classList.toggle('is-offline', state.kind === 'lost');
    unlock.hidden = state.kind !== 'locked';
    badge.show(state);
    page.look();
  },
});

function onServing(): void {
  const { chosen } = picker;
  byId('draw', HTMLElement).hidden = chosen === undefined || !isDigits(chosen);
  page.look();
}

function onToken(): void {
  forget.hidden = store.token === null;
  feed.tryNow();
}

forget.hidden = store.token === null;
forget.addEventListener('click', () => {
  store.token = null;
  onToken();
  announcer.say('The token was forgotten.');
  byId('main', HTMLElement).focus();
});
unlock.addEventListener('click', () => void askToken(null, null));

takePictures((intake) => {
  if ('notice' in intake) page.tell(intake.notice);
  else page.add(intake.files);
});

const pad = new DigitPad();
byId('clear-pad', HTMLButtonElement).addEventListener('click', () => {
  pad.clear();
  announcer.say('The drawing was cleared.');
});
byId('classify-pad', HTMLButtonElement).addEventListener('click', async () => {
  if (pad.isEmpty) page.tell('There is nothing on the canvas yet. Draw a digit first.');
  else page.add([await pad.toPicture()], { isDrawing: true });
});

let hiding: ReturnType<typeof setTimeout> | undefined;
function hide(): void {
  // Whoever has left while a model loads wants the answers when they come back.
  if (page.isBusy) hiding = setTimeout(hide, hiddenMs);
  else feed.pause();
}
document.addEventListener('visibilitychange', () => {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(hide, hiddenMs);
  else {
    feed.resume();
    feed.tryNow();
  }
});
addEventListener('online', () => feed.tryNow());

void feed.run();
