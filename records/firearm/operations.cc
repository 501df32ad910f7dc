// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <iterator>

#include "records/firearm/codes.h"

// The operations of the two checklists that number them: facts of Annex I of Regulation (EU)
// 2015/2403, as first adopted and as amended by (EU) 2018/337, each in one line of our own.
// Source: docs/references.md#eu-2015-2403.
namespace proofmark::firearm {
namespace {

using A = Applicability;
using P = Part;
constexpr Standard k2018 = Standard::kEu2018;
constexpr Standard k2015 = Standard::kEu2015;

// What is verified. One text serves every type of firearm that the operation is done to.
constexpr std::string_view kSlot =
    "Slot along the barrel and its chamber, wider than half the calibre";
constexpr std::string_view kChamberPin =
    "Hardened pin welded across the chamber, or a plug welded into it";
constexpr std::string_view kFeedRampRemoved = "Feed ramp removed";
constexpr std::string_view kBarrelSecured =
    "Barrel fixed to the firearm for good; the pin across it may serve";
constexpr std::string_view kSpareBarrels = "Spare barrels treated alike and made impossible to fit";
constexpr std::string_view kFiringPinRemoved = "Firing pin removed or shortened";
constexpr std::string_view kBreechFaceCut =
    "Breech face cut away at 45 to 75 degrees, locking lugs removed or weakened";
constexpr std::string_view kFiringPinHoleWelded = "Firing-pin hole welded shut";
constexpr std::string_view kSlideFaceCut = "Breech face of the slide cut away at 45 to 75 degrees";
constexpr std::string_view kSlideFiringPin = "Firing pin taken out of the slide";
constexpr std::string_view kSlideLugs = "Locking lugs of the slide removed";
constexpr std::string_view kSlidePort =
    "Locking edge inside the ejection port cut to 45 to 75 degrees";
constexpr std::string_view kSlideBlockFixed = "Removable breech block fixed to the slide for good";
constexpr std::string_view kFrameFeedRamp = "Feed ramp of the frame removed";
constexpr std::string_view kSlideRails = "Two thirds of the slide rails removed on both sides";
constexpr std::string_view kTriggerLink =
    "Link between trigger and hammer, striker or sear destroyed, the mechanism fused or filled";
constexpr std::string_view kTriggerFixed =
    "Trigger mechanism fixed in the frame: welded in steel, glued in light metal or polymer";
constexpr std::string_view kGasSystem = "Gas piston, pipe and port destroyed";
constexpr std::string_view kGasVent =
    "Without a piston: gas pipe removed, barrel welded to the housing, vent closed";
constexpr std::string_view kMagazineFixed = "Magazine in place fixed for good";
constexpr std::string_view kMagazineBlocked = "Place of the missing magazine blocked for good";
constexpr std::string_view kSuppressorFixed =
    "Suppressor that belongs to the firearm cannot be taken off";
constexpr std::string_view kSuppressorEmptied =
    "Suppressor emptied, its tube pierced or slotted over its length";
constexpr std::string_view kBarrelSlot =
    "Slot along the barrel from the forcing cone, wider than half the calibre";
constexpr std::string_view kForcingConePin =
    "Hardened pin welded across the barrel at the forcing cone, or a plug welded in";
constexpr std::string_view kCylinderWalls =
    "Inner walls of the cylinder removed over two thirds of its length";
constexpr std::string_view kCylinderFixed = "Cylinder cannot be taken out of the frame";
constexpr std::string_view kSpareCylinders =
    "Spare cylinders treated alike and made impossible to fit";
constexpr std::string_view kFiringPinHoleWidened =
    "Firing-pin hole widened to three times its size";
constexpr std::string_view kSlotEither =
    "Slot along the barrel, through the chamber or from the forcing cone, wider than half the "
    "calibre";
constexpr std::string_view kChamberPlug =
    "Tight plug over two thirds of the chamber welded in near the breech";
constexpr std::string_view kBarrelFixed = "Barrel fixed to the firearm for good";
constexpr std::string_view kActionCone =
    "Cone of at least 60 degrees cut into the action, 10 mm or as wide as the breech face";
constexpr std::string_view kActionFiringPin =
    "Firing pin removed, its hole opened to 5 mm and welded";
constexpr std::string_view kTubeMagazinePin =
    "Hardened pins welded through tube magazine, chamber and frame";
constexpr std::string_view kBoltHalved =
    "Breech face cut at 45 to 75 degrees, bolt reduced to half its mass and fixed for good";
constexpr std::string_view kCarrierHalved =
    "Bolt carrier reduced to half its mass, bolt head and carrier fixed for good";
constexpr std::string_view kCombustionSlot =
    "Slot along the barrel through the combustion chamber or from the forcing cone";
constexpr std::string_view kCombustionPin =
    "Hardened pin welded across the combustion chamber, or a plug welded in";
constexpr std::string_view kNipples = "Nipples removed or welded, their holes welded shut";
constexpr std::string_view kChamberWalls =
    "Inner walls of separate chambers removed over two thirds of their length";
constexpr std::string_view kLooseBarrel =
    "Removable barrel: slot through the chamber and a rod welded in from it";
constexpr std::string_view kBarrelPierced =
    "First third of the barrel pierced: a row of holes, a V, or a slot along it";
constexpr std::string_view kSlideFaceHalf =
    "More than half of the breech face of the slide removed at 45 to 90 degrees";
constexpr std::string_view kFiringPinHoleCut = "Firing-pin hole cut and welded shut";
constexpr std::string_view kSlidePort2015 =
    "Upper front edge of the ejection port cut inside to 45 degrees";
constexpr std::string_view kSlideStop = "Slide stop welded";
constexpr std::string_view kPolymerFrame = "Polymer frame cannot be taken apart";
constexpr std::string_view kMagazineEither =
    "Magazine fixed for good (8.1), or its empty place blocked (8.2)";
constexpr std::string_view kSuppressorDrilled = "Suppressor emptied, its tube drilled every 5 cm";
constexpr std::string_view kBarrelPinned =
    "Barrel cannot be taken from the frame: hardened pin or weld";
constexpr std::string_view kFixedBarrelPin =
    "Fixed barrel: hardened pin welded through chamber and frame";
constexpr std::string_view kBoltFaceHalf =
    "More than half of the bolt face cut at 45 degrees or more";
constexpr std::string_view kBoltReplaced =
    "Breech block replaced by welded steel, or halved, welded and without lugs";
constexpr std::string_view kTriggerWelded =
    "Trigger mechanism welded together and to the frame, or removed and filled";
constexpr std::string_view kClosingSystem =
    "Closing system cannot be taken apart, belt feed welded";

constexpr Operation kOperations[] = {
    {k2018, 1, P::kBarrel, "1.1", A::kAlways, kSlot},
    {k2018, 1, P::kBarrel, "1.2", A::kExceptBreakActionBarrel, kChamberPin},
    {k2018, 1, P::kBarrel, "1.3", A::kIfPresent, kFeedRampRemoved},
    {k2018, 1, P::kBarrel, "1.4", A::kAlways, kBarrelSecured},
    {k2018, 1, P::kBarrel, "1.5", A::kIfExchangeBarrel, kSpareBarrels},
    {k2018, 1, P::kBreechBlock, "1.6", A::kIfPresent, kFiringPinRemoved},
    {k2018, 1, P::kBreechBlock, "1.7", A::kIfPresent, kBreechFaceCut},
    {k2018, 1, P::kBreechBlock, "1.8", A::kIfPresent, kFiringPinHoleWelded},
    {k2018, 1, P::kSlide, "1.9", A::kIfPresent, kSlideFaceCut},
    {k2018, 1, P::kSlide, "1.10", A::kIfPresent, kSlideFiringPin},
    {k2018, 1, P::kSlide, "1.11", A::kIfPresent, kSlideLugs},
    {k2018, 1, P::kSlide, "1.12", A::kIfPresent, kSlidePort},
    {k2018, 1, P::kSlide, "1.13", A::kIfSeparateBreechBlock, kSlideBlockFixed},
    {k2018, 1, P::kFrame, "1.14", A::kIfPresent, kFrameFeedRamp},
    {k2018, 1, P::kFrame, "1.15", A::kIfSlideRails, kSlideRails},
    {k2018, 1, P::kTrigger, "1.16", A::kAlways, kTriggerLink},
    {k2018, 1, P::kTrigger, "1.17", A::kAlways, kTriggerFixed},
    {k2018, 1, P::kAutoSystem, "1.18", A::kIfPresent, kGasSystem},
    {k2018, 1, P::kAutoSystem, "1.19", A::kIfNoGasPiston, kGasVent},
    {k2018, 1, P::kMagazine, "1.20", A::kIfMagazineFitted, kMagazineFixed},
    {k2018, 1, P::kMagazine, "1.21", A::kIfMagazineMissing, kMagazineBlocked},
    {k2018, 1, P::kSuppressor, "1.22", A::kIfPresent, kSuppressorFixed},
    {k2018, 1, P::kSuppressor, "1.23", A::kIfPresent, kSuppressorEmptied},
    {k2018, 2, P::kBarrel, "2.1", A::kAlways, kBarrelSlot},
    {k2018, 2, P::kBarrel, "2.2", A::kAlways, kForcingConePin},
    {k2018, 2, P::kBarrel, "2.3", A::kAlways, kBarrelSecured},
    {k2018, 2, P::kBarrel, "2.4", A::kIfExchangeBarrel, kSpareBarrels},
    {k2018, 2, P::kCylinder, "2.5", A::kAlways, kCylinderWalls},
    {k2018, 2, P::kCylinder, "2.6", A::kAlways, kCylinderFixed},
    {k2018, 2, P::kCylinder, "2.7", A::kIfSpareCylinder, kSpareCylinders},
    {k2018, 2, P::kFrame, "2.8", A::kAlways, kFiringPinHoleWidened},
    {k2018, 2, P::kFrame, "2.9", A::kAlways, kFiringPinRemoved},
    {k2018, 2, P::kTrigger, "2.10", A::kAlways, kTriggerLink},
    {k2018, 2, P::kTrigger, "2.11", A::kAlways, kTriggerFixed},
    {k2018, 2, P::kSuppressor, "2.12", A::kIfPresent, kSuppressorFixed},
    {k2018, 2, P::kSuppressor, "2.13", A::kIfPresent, kSuppressorEmptied},
    {k2018, 3, P::kBarrel, "3.1", A::kAlways, kSlot},
    {k2018, 3, P::kBarrel, "3.2", A::kAlways, kChamberPin},
    {k2018, 3, P::kBarrel, "3.3", A::kIfPresent, kFeedRampRemoved},
    {k2018, 3, P::kBarrel, "3.4", A::kAlways, kBarrelSecured},
    {k2018, 3, P::kBarrel, "3.5", A::kIfExchangeBarrel, kSpareBarrels},
    {k2018, 3, P::kBreechBlock, "3.6", A::kAlways, kFiringPinRemoved},
    {k2018, 3, P::kBreechBlock, "3.7", A::kAlways, kBreechFaceCut},
    {k2018, 3, P::kBreechBlock, "3.8", A::kAlways, kFiringPinHoleWelded},
    {k2018, 3, P::kTrigger, "3.9", A::kAlways, kTriggerLink},
    {k2018, 3, P::kTrigger, "3.10", A::kAlways, kTriggerFixed},
    {k2018, 3, P::kSuppressor, "3.11", A::kIfPresent, kSuppressorFixed},
    {k2018, 3, P::kSuppressor, "3.12", A::kIfPresent, kSuppressorEmptied},
    {k2018, 4, P::kBarrel, "4.1", A::kAlways, kSlotEither},
    {k2018, 4, P::kBarrel, "4.2", A::kAlways, kChamberPlug},
    {k2018, 4, P::kBarrel, "4.3", A::kIfPresent, kFeedRampRemoved},
    {k2018, 4, P::kBarrel, "4.4", A::kAlways, kBarrelFixed},
    {k2018, 4, P::kBarrel, "4.5", A::kIfExchangeBarrel, kSpareBarrels},
    {k2018, 4, P::kTrigger, "4.6", A::kAlways, kTriggerLink},
    {k2018, 4, P::kTrigger, "4.7", A::kAlways, kTriggerFixed},
    {k2018, 4, P::kAction, "4.8", A::kAlways, kActionCone},
    {k2018, 4, P::kAction, "4.9", A::kAlways, kActionFiringPin},
    {k2018, 4, P::kSuppressor, "4.10", A::kIfPresent, kSuppressorFixed},
    {k2018, 4, P::kSuppressor, "4.11", A::kIfPresent, kSuppressorEmptied},
    {k2018, 5, P::kBarrel, "5.1", A::kAlways, kSlotEither},
    {k2018, 5, P::kBarrel, "5.2", A::kAlways, kChamberPin},
    {k2018, 5, P::kBarrel, "5.3", A::kIfPresent, kFeedRampRemoved},
    {k2018, 5, P::kBarrel, "5.4", A::kAlways, kBarrelSecured},
    {k2018, 5, P::kBarrel, "5.5", A::kIfExchangeBarrel, kSpareBarrels},
    {k2018, 5, P::kBreechBlock, "5.6", A::kAlways, kFiringPinRemoved},
    {k2018, 5, P::kBreechBlock, "5.7", A::kAlways, kBreechFaceCut},
    {k2018, 5, P::kBreechBlock, "5.8", A::kAlways, kFiringPinHoleWelded},
    {k2018, 5, P::kTrigger, "5.9", A::kAlways, kTriggerLink},
    {k2018, 5, P::kTrigger, "5.10", A::kAlways, kTriggerFixed},
    {k2018, 5, P::kMagazine, "5.11", A::kIfMagazineFitted, kMagazineFixed},
    {k2018, 5, P::kMagazine, "5.12", A::kIfMagazineMissing, kMagazineBlocked},
    {k2018, 5, P::kMagazine, "5.13", A::kIfTubeMagazine, kTubeMagazinePin},
    {k2018, 5, P::kSuppressor, "5.14", A::kIfPresent, kSuppressorFixed},
    {k2018, 5, P::kSuppressor, "5.15", A::kIfPresent, kSuppressorEmptied},
    {k2018, 6, P::kBarrel, "6.1", A::kAlways, kSlotEither},
    {k2018, 6, P::kBarrel, "6.2", A::kAlways, kChamberPin},
    {k2018, 6, P::kBarrel, "6.3", A::kIfPresent, kFeedRampRemoved},
    {k2018, 6, P::kBarrel, "6.4", A::kAlways, kBarrelSecured},
    {k2018, 6, P::kBarrel, "6.5", A::kIfExchangeBarrel, kSpareBarrels},
    {k2018, 6, P::kBreechBlock, "6.6", A::kAlways, kFiringPinRemoved},
    {k2018, 6, P::kBreechBlock, "6.7", A::kAlways, kBreechFaceCut},
    {k2018, 6, P::kBreechBlock, "6.8", A::kAlways, kFiringPinHoleWelded},
    {k2018, 6, P::kTrigger, "6.9", A::kAlways, kTriggerLink},
    {k2018, 6, P::kTrigger, "6.10", A::kAlways, kTriggerFixed},
    {k2018, 6, P::kAutoSystem, "6.11", A::kIfPresent, kGasSystem},
    {k2018, 6, P::kAutoSystem, "6.12", A::kIfNoGasPiston, kGasVent},
    {k2018, 6, P::kAutoSystem, "6.13", A::kAlways, kBoltHalved},
    {k2018, 6, P::kAutoSystem, "6.14", A::kIfBoltCarrier, kCarrierHalved},
    {k2018, 6, P::kMagazine, "6.15", A::kIfMagazineFitted, kMagazineFixed},
    {k2018, 6, P::kMagazine, "6.16", A::kIfMagazineMissing, kMagazineBlocked},
    {k2018, 6, P::kMagazine, "6.17", A::kIfTubeMagazine, kTubeMagazinePin},
    {k2018, 6, P::kSuppressor, "6.18", A::kIfPresent, kSuppressorFixed},
    {k2018, 6, P::kSuppressor, "6.19", A::kIfPresent, kSuppressorEmptied},
    {k2018, 7, P::kBarrel, "7.1", A::kAlways, kSlot},
    {k2018, 7, P::kBarrel, "7.2", A::kAlways, kChamberPin},
    {k2018, 7, P::kBarrel, "7.3", A::kIfPresent, kFeedRampRemoved},
    {k2018, 7, P::kBarrel, "7.4", A::kAlways, kBarrelSecured},
    {k2018, 7, P::kBarrel, "7.5", A::kIfExchangeBarrel, kSpareBarrels},
    {k2018, 7, P::kBreechBlock, "7.6", A::kIfPresent, kFiringPinRemoved},
    {k2018, 7, P::kBreechBlock, "7.7", A::kIfPresent, kBreechFaceCut},
    {k2018, 7, P::kBreechBlock, "7.8", A::kIfPresent, kFiringPinHoleWelded},
    {k2018, 7, P::kSlide, "7.9", A::kIfAutomaticPistol, kSlideFaceCut},
    {k2018, 7, P::kSlide, "7.10", A::kIfAutomaticPistol, kSlideFiringPin},
    {k2018, 7, P::kSlide, "7.11", A::kIfAutomaticPistol, kSlideLugs},
    {k2018, 7, P::kSlide, "7.12", A::kIfAutomaticPistol, kSlidePort},
    {k2018, 7, P::kSlide, "7.13", A::kIfAutomaticPistol, kSlideBlockFixed},
    {k2018, 7, P::kFrame, "7.14", A::kIfAutomaticPistol, kFrameFeedRamp},
    {k2018, 7, P::kFrame, "7.15", A::kIfAutomaticPistol, kSlideRails},
    {k2018, 7, P::kTrigger, "7.16", A::kAlways, kTriggerLink},
    {k2018, 7, P::kTrigger, "7.17", A::kAlways, kTriggerFixed},
    {k2018, 7, P::kAutoSystem, "7.18", A::kIfPresent, kGasSystem},
    {k2018, 7, P::kAutoSystem, "7.19", A::kIfNoGasPiston, kGasVent},
    {k2018, 7, P::kAutoSystem, "7.20", A::kIfPresent, kBoltHalved},
    {k2018, 7, P::kAutoSystem, "7.21", A::kIfBoltCarrier, kCarrierHalved},
    {k2018, 7, P::kMagazine, "7.22", A::kIfMagazineFitted, kMagazineFixed},
    {k2018, 7, P::kMagazine, "7.23", A::kIfMagazineMissing, kMagazineBlocked},
    {k2018, 7, P::kMagazine, "7.24", A::kIfTubeMagazine, kTubeMagazinePin},
    {k2018, 7, P::kSuppressor, "7.25", A::kIfPresent, kSuppressorFixed},
    {k2018, 7, P::kSuppressor, "7.26", A::kIfPresent, kSuppressorEmptied},
    {k2018, 8, P::kBarrel, "8.1", A::kAlways, kCombustionSlot},
    {k2018, 8, P::kBarrel, "8.2", A::kAlways, kCombustionPin},
    {k2018, 8, P::kBarrel, "8.3", A::kIfExchangeBarrel, kSpareBarrels},
    {k2018, 8, P::kAction, "8.4", A::kIfBreakAction, kActionCone},
    {k2018, 8, P::kAction, "8.5", A::kIfBreakAction, kActionFiringPin},
    {k2018, 8, P::kTrigger, "8.6", A::kAlways, kTriggerLink},
    {k2018, 8, P::kTrigger, "8.7", A::kAlways, kTriggerFixed},
    {k2018, 8, P::kNipple, "8.8", A::kAlways, kNipples},
    {k2018, 8, P::kCombustionChamber, "8.9", A::kIfSeparateChambers, kChamberWalls},
    {k2015, 1, P::kBarrel, "1.2", A::kIfBarrelNotFixed, kLooseBarrel},
    {k2015, 1, P::kBarrel, "1.3", A::kAlways, kBarrelPierced},
    {k2015, 1, P::kBarrel, "1.4", A::kIfPresent, kFeedRampRemoved},
    {k2015, 1, P::kSlide, "4.1", A::kIfPresent, kSlideFaceHalf},
    {k2015, 1, P::kSlide, "4.2", A::kIfPresent, kFiringPinRemoved},
    {k2015, 1, P::kSlide, "4.3", A::kIfPresent, kFiringPinHoleCut},
    {k2015, 1, P::kSlide, "4.4", A::kIfPresent, kSlideLugs},
    {k2015, 1, P::kSlide, "4.5", A::kIfPresent, kSlidePort2015},
    {k2015, 1, P::kFrame, "5.1", A::kIfPresent, kFrameFeedRamp},
    {k2015, 1, P::kFrame, "5.2", A::kIfPresent, kSlideRails},
    {k2015, 1, P::kFrame, "5.3", A::kIfPresent, kSlideStop},
    {k2015, 1, P::kFrame, "5.4", A::kIfPolymerFrame, kPolymerFrame},
    {k2015, 1, P::kMagazine, "8.1 or 8.2", A::kAlways, kMagazineEither},
    {k2015, 1, P::kSuppressor, "10.1", A::kIfPresent, kSuppressorFixed},
    {k2015, 1, P::kSuppressor, "10.2", A::kIfPresent, kSuppressorDrilled},
    {k2015, 2, P::kBarrel, "1.2", A::kIfBarrelNotFixed, kLooseBarrel},
    {k2015, 2, P::kBarrel, "1.3", A::kAlways, kBarrelPierced},
    {k2015, 2, P::kBarrel, "1.5", A::kAlways, kBarrelPinned},
    {k2015, 2, P::kCylinder, "3.1", A::kAlways, kCylinderWalls},
    {k2015, 2, P::kCylinder, "3.2", A::kAlways, kCylinderFixed},
    {k2015, 2, P::kAction, "7.2", A::kAlways, kActionFiringPin},
    {k2015, 2, P::kNipple, "9.1", A::kIfPresent, kNipples},
    {k2015, 3, P::kBarrel, "1.1", A::kIfBarrelFixed, kFixedBarrelPin},
    {k2015, 3, P::kBarrel, "1.2", A::kIfBarrelNotFixed, kLooseBarrel},
    {k2015, 3, P::kBarrel, "1.3", A::kAlways, kBarrelPierced},
    {k2015, 3, P::kBreechBlock, "2.1", A::kAlways, kFiringPinRemoved},
    {k2015, 3, P::kBreechBlock, "2.2", A::kAlways, kBoltFaceHalf},
    {k2015, 3, P::kBreechBlock, "2.3", A::kAlways, kFiringPinHoleWelded},
    {k2015, 3, P::kSuppressor, "10.1", A::kIfPresent, kSuppressorFixed},
    {k2015, 3, P::kSuppressor, "10.2", A::kIfPresent, kSuppressorDrilled},
    {k2015, 4, P::kBarrel, "1.2", A::kIfBarrelNotFixed, kLooseBarrel},
    {k2015, 4, P::kBarrel, "1.3", A::kAlways, kBarrelPierced},
    {k2015, 4, P::kAction, "7.1", A::kAlways, kActionCone},
    {k2015, 4, P::kAction, "7.2", A::kAlways, kActionFiringPin},
    {k2015, 4, P::kSuppressor, "10.2", A::kIfPresent, kSuppressorDrilled},
    {k2015, 5, P::kBarrel, "1.1", A::kIfBarrelFixed, kFixedBarrelPin},
    {k2015, 5, P::kBarrel, "1.2", A::kIfBarrelNotFixed, kLooseBarrel},
    {k2015, 5, P::kBarrel, "1.3", A::kAlways, kBarrelPierced},
    {k2015, 5, P::kBreechBlock, "2.1", A::kAlways, kFiringPinRemoved},
    {k2015, 5, P::kBreechBlock, "2.2", A::kAlways, kBoltFaceHalf},
    {k2015, 5, P::kBreechBlock, "2.3", A::kAlways, kFiringPinHoleWelded},
    {k2015, 5, P::kMagazine, "8.1 or 8.2", A::kAlways, kMagazineEither},
    {k2015, 5, P::kMagazine, "8.3", A::kIfTubeMagazine, kTubeMagazinePin},
    {k2015, 5, P::kSuppressor, "10.1", A::kIfPresent, kSuppressorFixed},
    {k2015, 5, P::kSuppressor, "10.2", A::kIfPresent, kSuppressorDrilled},
    {k2015, 6, P::kBarrel, "1.1", A::kIfBarrelFixed, kFixedBarrelPin},
    {k2015, 6, P::kBarrel, "1.2", A::kIfBarrelNotFixed, kLooseBarrel},
    {k2015, 6, P::kBarrel, "1.3", A::kAlways, kBarrelPierced},
    {k2015, 6, P::kBarrel, "1.4", A::kIfPresent, kFeedRampRemoved},
    {k2015, 6, P::kBreechBlock, "2.1", A::kAlways, kFiringPinRemoved},
    {k2015, 6, P::kBreechBlock, "2.2", A::kAlways, kBoltFaceHalf},
    {k2015, 6, P::kBreechBlock, "2.3", A::kAlways, kFiringPinHoleWelded},
    {k2015, 6, P::kSlide, "4.5", A::kIfPresent, kSlidePort2015},
    {k2015, 6, P::kAutoSystem, "6.1", A::kAlways, kGasSystem},
    {k2015, 6, P::kAutoSystem, "6.2", A::kAlways, kBoltReplaced},
    {k2015, 6, P::kMagazine, "8.1 or 8.2", A::kAlways, kMagazineEither},
    {k2015, 6, P::kMagazine, "8.3", A::kIfTubeMagazine, kTubeMagazinePin},
    {k2015, 6, P::kSuppressor, "10.1", A::kIfPresent, kSuppressorFixed},
    {k2015, 6, P::kSuppressor, "10.2", A::kIfPresent, kSuppressorDrilled},
    {k2015, 7, P::kBarrel, "1.1", A::kIfBarrelFixed, kFixedBarrelPin},
    {k2015, 7, P::kBarrel, "1.2", A::kIfBarrelNotFixed, kLooseBarrel},
    {k2015, 7, P::kBarrel, "1.3", A::kAlways, kBarrelPierced},
    {k2015, 7, P::kBarrel, "1.4", A::kIfPresent, kFeedRampRemoved},
    {k2015, 7, P::kBreechBlock, "2.1", A::kAlways, kFiringPinRemoved},
    {k2015, 7, P::kBreechBlock, "2.2", A::kAlways, kBoltFaceHalf},
    {k2015, 7, P::kBreechBlock, "2.3", A::kAlways, kFiringPinHoleWelded},
    {k2015, 7, P::kSlide, "4.1", A::kIfAutomaticPistol, kSlideFaceHalf},
    {k2015, 7, P::kSlide, "4.2", A::kIfAutomaticPistol, kFiringPinRemoved},
    {k2015, 7, P::kSlide, "4.3", A::kIfAutomaticPistol, kFiringPinHoleCut},
    {k2015, 7, P::kSlide, "4.4", A::kIfAutomaticPistol, kSlideLugs},
    {k2015, 7, P::kSlide, "4.5", A::kIfAutomaticPistol, kSlidePort2015},
    {k2015, 7, P::kFrame, "5.1", A::kIfAutomaticPistol, kFrameFeedRamp},
    {k2015, 7, P::kFrame, "5.2", A::kIfAutomaticPistol, kSlideRails},
    {k2015, 7, P::kFrame, "5.3", A::kIfAutomaticPistol, kSlideStop},
    {k2015, 7, P::kFrame, "5.4", A::kIfAutomaticPistol, kPolymerFrame},
    {k2015, 7, P::kAutoSystem, "6.1", A::kAlways, kGasSystem},
    {k2015, 7, P::kAutoSystem, "6.2", A::kAlways, kBoltReplaced},
    {k2015, 7, P::kAutoSystem, "6.3", A::kAlways, kTriggerWelded},
    {k2015, 7, P::kAutoSystem, "6.4", A::kAlways, kClosingSystem},
    {k2015, 7, P::kMagazine, "8.1 or 8.2", A::kAlways, kMagazineEither},
    {k2015, 7, P::kSuppressor, "10.1", A::kIfPresent, kSuppressorFixed},
    {k2015, 7, P::kSuppressor, "10.2", A::kIfPresent, kSuppressorDrilled},
    {k2015, 8, P::kBarrel, "1.2", A::kIfBarrelNotFixed, kLooseBarrel},
    {k2015, 8, P::kBarrel, "1.3", A::kAlways, kBarrelPierced},
    {k2015, 8, P::kNipple, "9.1", A::kAlways, kNipples},
};

// Whether `number` is the operation's, or one of the two that its own unites.
bool HasNumber(const Operation& operation, std::string_view number) {
  constexpr std::string_view kOr = " or ";
  const std::string_view own = operation.number;
  const std::size_t at = own.find(kOr);
  return number == own || (at != std::string_view::npos &&
                           (number == own.substr(0, at) || number == own.substr(at + kOr.size())));
}

}  // namespace

std::span<const Operation> Operations() { return kOperations; }

std::span<const Operation> OperationsOf(Standard standard, std::int32_t checklist_type) {
  const auto of_checklist = [&](const Operation& operation) {
    return operation.standard == standard && operation.checklist_type == checklist_type;
  };
  const auto begin = std::find_if(std::begin(kOperations), std::end(kOperations), of_checklist);
  const auto end = std::find_if_not(begin, std::end(kOperations), of_checklist);
  return {begin, end};
}

const Operation* FindOperation(Standard standard, std::int32_t checklist_type,
                               std::string_view number) {
  const std::span<const Operation> list = OperationsOf(standard, checklist_type);
  const auto found = std::find_if(list.begin(), list.end(), [number](const Operation& operation) {
    return HasNumber(operation, number);
  });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace proofmark::firearm
