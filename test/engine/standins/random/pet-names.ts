import { drawFrom } from "./draw";

// Shorter lists than the official provider's: a name here is for reading, not for being unique.
const ADVERBS = `
  barely boldly bravely briefly calmly clearly deeply early easily fairly firmly freely gently gladly hardly
  highly kindly largely lately lightly loudly mildly mostly neatly nicely openly partly plainly quickly
  quietly rarely readily safely sharply simply slowly softly solely steadily strongly surely truly warmly
  wholly widely wisely`;
const ADJECTIVES = `
  able active agile alert amused apt bold brave bright brisk calm careful cheerful clean clear clever close
  crisp daring decent eager easy electric exact fair fancy fast fine firm fleet fluent fond frank free fresh
  gentle glad golden good grand great happy hardy helpful honest humble ideal just keen kind large lasting
  light lively loyal lucky merry mighty modest neat nimble noble open patient polite prime proud pure quick
  quiet rapid ready sharp shining smart smooth social solid steady strong sunny super sure swift talented
  tender tidy trusty upright useful valid vast warm welcome whole wise witty`;
const NAMES = `
  adder ant ape asp badger bat bear beagle bee beetle bird bison boar bobcat bonefish buffalo bug bull calf
  camel caribou cat chicken chimp clam cobra cod collie condor cougar cow coyote crab crane cricket crow cub
  deer dingo dodo doe dog dolphin donkey dove drake duck eagle eel elf elk emu escargot falcon fawn ferret
  finch fish flamingo fly foal fowl fox frog gannet gator gazelle gecko ghoul giraffe gnat gnu goat goose
  gopher grouse grub gull guppy haddock hamster hare hawk hen heron hippo hog hornet horse hound ibex iguana
  imp impala jackal jay kid kite kitten koala krill ladybird lamb lark lemur lion lizard llama lobster locust
  louse lynx macaw mako mammoth marlin marmot marten mink minnow mite mole monkey moose moth mouse mule
  newt ocelot octopus orca oryx osprey ostrich owl ox oyster panda panther parrot pelican pig pigeon pika
  pony possum puma python quail rabbit raptor raven rhino robin sailfish salmon sawfish seal shark sheep
  shrew shrimp skink skunk sloth snail snake sparrow spider sponge squid squirrel stork swan tapir tiger
  toad tortoise treefrog trout turkey turtle viper vulture wahoo walrus warthog wasp weasel whale wolf
  wombat wren yak zebra`;

/** A name such as `wise-otter`: as many words as asked for, an animal last. */
export function petName(words: number, separator: string): string {
  const draw = drawFrom(undefined);
  const pick = (list: string) => {
    const all = list.trim().split(/\s+/);
    return all[draw(all.length)] ?? "";
  };
  if (words <= 1) return pick(NAMES);
  const adverbs = Array.from({ length: words - 2 }, () => pick(ADVERBS));
  return [...adverbs, pick(ADJECTIVES), pick(NAMES)].join(separator);
}
